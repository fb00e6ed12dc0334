using System.Collections.Immutable;

namespace OllamaProxy.Ollama;

/// <summary>
/// Which models a backend has and has loaded, by its lists and by what it answered. Models go by their
/// <see cref="ModelName.Canonical"/> names. Not safe for many threads.
/// </summary>
internal sealed class ModelInventory(TimeProvider time)
{
    /// <summary>For so long it is believed that the backend does not have a model.</summary>
    private static readonly TimeSpan MissingFor = TimeSpan.FromSeconds(30);

    /// <summary>How many models beyond the list are remembered: those that ran are few, but their names are the clients'.</summary>
    private const int MaxRan = 1000;

    private readonly Dictionary<string, Missing> _missing = [];
    private ImmutableHashSet<string>? _listed;
    private ImmutableHashSet<string> _ran = [];
    private ImmutableHashSet<string> _loaded = [];
    private DateTimeOffset _loadedAt;

    /// <summary>How often a model was loaded by a prompt, as far as is known: a list of loaded models that was asked for before that is out of date.</summary>
    public int ColdStarts { get; private set; }

    /// <summary>The state with what is known of the models.</summary>
    public BackendState AddTo(BackendState state) => state with
    {
        Listed = _listed,
        Ran = _ran,
        Loaded = _loaded,
        LoadedAt = _loadedAt,
        Missing = _missing.Count == 0 ? [] : [.. _missing.Where(missing => IsCurrent(missing.Value)).Select(missing => missing.Key)],
    };

    /// <summary>A prompt goes there that may load its model. Of a model that the backend is not known to have, that is not certain.</summary>
    public void OnStarted(string model)
    {
        if (!_missing.ContainsKey(model) && (_listed?.Contains(model) is not false || _ran.Contains(model)))
            SetLoaded(model);
    }

    /// <summary>A prompt was run to its end there, so that it has the model, whatever its list says.</summary>
    public void OnCompleted(string model)
    {
        if (model.Length == 0)
            return;
        _missing.Remove(model);
        if (_listed?.Contains(model) is true || _ran.Contains(model) || _ran.Count >= MaxRan)
            return;
        _ran = _ran.Add(model);
        SetLoaded(model);
    }

    /// <summary>The backend said that it does not have the model.</summary>
    public void OnMissing(string model)
    {
        _missing[model] = new(time.GetTimestamp(), _listed?.Contains(model) is true);
        (_ran, _loaded) = (_ran.Remove(model), _loaded.Remove(model));
    }

    /// <summary>The backend does not answer any more: nobody knows what it will have loaded when it does.</summary>
    public void OnUnreachable() => _loaded = [];

    /// <param name="listed">The models that the backend lists now; null: it has no list.</param>
    public void OnListed(ImmutableHashSet<string>? listed)
    {
        _listed = listed;
        // A model that the list did not name and names now has just come.
        foreach (var (model, missing) in _missing)
            if (!IsCurrent(missing) || (!missing.IsListed && listed?.Contains(model) is true))
                _missing.Remove(model);
    }

    /// <param name="loaded">The models that the backend has loaded now.</param>
    public void OnLoaded(ImmutableHashSet<string> loaded) => _loaded = loaded;

    private bool IsCurrent(Missing missing) => time.GetElapsedTime(missing.At) < MissingFor;

    /// <summary>Other models may have had to go for it.</summary>
    private void SetLoaded(string model)
    {
        if (model.Length == 0 || _loaded.Contains(model))
            return;
        ColdStarts++;
        (_loaded, _loadedAt) = ([model], time.GetUtcNow());
    }

    /// <summary>A model that the backend said it does not have.</summary>
    /// <param name="At">When, as a timestamp of the clock.</param>
    /// <param name="IsListed">Whether its list named it all the same.</param>
    private sealed record Missing(long At, bool IsListed);
}
