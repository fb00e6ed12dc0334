using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;

namespace OllamaProxy.Scheduling;

/// <summary>The slots and loaded models of a backend during one round, as assignments use them up.</summary>
internal sealed class BackendCapacity(BackendLoad load)
{
    private RunningModels _running = load.Running;
    private int _free = load.Free;
    private int _ordinary = load.Ordinary;

    /// <summary>The models in memory, each with how it is loaded: a backend has a model only once.</summary>
    private readonly Dictionary<string, ModelLoad> _loaded = LoadsOf(load);

    public BackendState State => load.State;

    /// <summary>How many more prompts it can take: ordinary ones or, once the reserved slots are open, others.</summary>
    public int Free => Math.Min(_free, _ordinary);

    public double Load => (double)_running.Total / State.Concurrency;

    public DateTimeOffset LoadedAt { get; private set; } = load.State.LoadedAt;

    public int LoadedModels => _loaded.Count;

    /// <summary>Whether a prompt with this key needs no load.</summary>
    public bool IsLoaded(LoadKey key) => _loaded.TryGetValue(key.Model, out var loaded) && loaded.Serves(key.Options);

    /// <summary>Opens the slots that are reserved, and returns whether that makes room.</summary>
    public bool TryOpenReserved()
    {
        var before = Free;
        _ordinary = int.MaxValue;
        return Free > before;
    }

    public void Take(LoadKey key, bool isOrdinary, DateTimeOffset now)
    {
        _free--;
        if (isOrdinary)
            _ordinary--;
        _running = _running.With(key);
        var isInMemory = _loaded.TryGetValue(key.Model, out var loaded);
        if (isInMemory && loaded!.Serves(key.Options))
        {
            _loaded[key.Model] = loaded with { Options = loaded.Options ?? key.Options };
            return;
        }
        // A name that no list has may be no model at all.
        if (key.Model.Length == 0 || !State.Has(key.Model))
            return;
        // To load this model, Ollama may unload all models that run nothing; to load it again, only itself.
        if (!isInMemory)
            foreach (var idle in _loaded.Keys.Except(_running.Counts.Keys.Select(running => running.Model)).ToList())
                _loaded.Remove(idle);
        (_loaded[key.Model], LoadedAt) = (new(key.Options, null), now);
    }

    private static Dictionary<string, ModelLoad> LoadsOf(BackendLoad load)
    {
        var loads = load.State.Loaded.ToDictionary(
            model => model, model => load.State.Loads.GetValueOrDefault(model, ModelLoad.Unknown));
        // What other processes run there may be in no list yet.
        foreach (var (model, options) in load.Running.Counts.Keys)
            if (!loads.TryGetValue(model, out var known) || known == ModelLoad.Unknown)
                loads[model] = new(options, null);
        return loads;
    }
}
