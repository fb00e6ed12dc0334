namespace OllamaProxy.Simulator.Models;

/// <summary>The models that the simulator can run, listed or not. Safe for many threads.</summary>
internal sealed class ModelCatalog
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<InstalledModel> _models;
    private readonly Dictionary<string, InstalledModel> _byName = new(StringComparer.OrdinalIgnoreCase);

    public ModelCatalog(SimulatorOptions options)
    {
        var now = options.Time.GetUtcNow();
        _time = options.Time;
        var names = options.Models.Select(FullName).Distinct(StringComparer.OrdinalIgnoreCase);
        _models = [.. names.Select(name => new InstalledModel(name, now))];
        var unlisted = options.UnlistedModels.Select(FullName).Select(name => new InstalledModel(name, now));
        foreach (var model in _models.Concat(unlisted)) _byName[model.Name] = model;
    }

    /// <summary>The listed models, the latest first.</summary>
    public IReadOnlyList<InstalledModel> All
    {
        get
        {
            lock (_gate) return [.. _models];
        }
    }

    public static string FullName(string name) => name.Contains(':', StringComparison.Ordinal) ? name : name + ":latest";

    public bool Has(string name) => Find(name) is not null;

    /// <summary>The model of this name, in any case; null: there is none.</summary>
    public InstalledModel? Find(string name)
    {
        lock (_gate) return _byName.GetValueOrDefault(FullName(name));
    }

    /// <summary>Adds a model, or replaces it.</summary>
    public void Add(string name)
    {
        lock (_gate)
        {
            _models.RemoveAll(Named(name));
            _models.Insert(0, _byName[FullName(name)] = new(FullName(name), _time.GetUtcNow()));
        }
    }

    /// <summary>Removes a model; false: there is none of this name.</summary>
    public bool Remove(string name)
    {
        lock (_gate) return _models.RemoveAll(Named(name)) > 0 && _byName.Remove(FullName(name));
    }

    private static Predicate<InstalledModel> Named(string name)
    {
        var full = FullName(name);
        return model => model.Name.Equals(full, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>An installed model.</summary>
/// <param name="Name">Its full name, with the tag.</param>
/// <param name="ModifiedAt">When it was added.</param>
internal sealed record InstalledModel(string Name, DateTimeOffset ModifiedAt);
