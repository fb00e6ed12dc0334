using System.Collections.Immutable;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// Which models a backend has and has loaded, by its lists and by what it answered. Models go by their
/// <see cref="ModelName.Canonical"/> names. Safe for many threads.
/// </summary>
internal sealed class ModelInventory(TimeProvider time)
{
    /// <summary>For so long it is believed that the backend does not have a model.</summary>
    private static readonly TimeSpan MissingFor = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many models beyond the list are remembered of each kind: their names are the clients', who can invent any number.
    /// </summary>
    private const int MaxRemembered = 10_000;

    /// <summary>For so long models that the backend is not known to have yield to others: to ask for one takes a fraction of it.</summary>
    private static readonly TimeSpan JustMissed = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Queue<(string Model, long At)> _misses = new();
    private ImmutableDictionary<string, MissingModel> _missing = ImmutableDictionary<string, MissingModel>.Empty;
    private long? _missedAt;
    private ImmutableHashSet<string>? _listed;
    private ImmutableHashSet<string> _ran = [];
    private ImmutableHashSet<string> _loaded = [];
    private ImmutableDictionary<string, ModelLoad> _loads = ImmutableDictionary<string, ModelLoad>.Empty;
    private DateTimeOffset _loadedAt;
    private DateTimeOffset _listedAsOf;
    private int _coldStarts;

    /// <summary>
    /// How often a model was loaded by a prompt, as far as is known: a list of loaded models that was asked for before that is out of date.
    /// </summary>
    public int ColdStarts
    {
        get
        {
            lock (_lock)
                return _coldStarts;
        }
    }

    /// <summary>How many tokens the context of a loaded model holds; null: nobody knows.</summary>
    public long? ContextLengthOf(string model)
    {
        lock (_lock)
            return _loads.GetValueOrDefault(model)?.ContextLength;
    }

    /// <summary>The state with what is known of the models.</summary>
    public BackendState AddTo(BackendState state)
    {
        lock (_lock)
        {
            ForgetMisses();
            return state with
            {
                Listed = _listed,
                ListedAsOf = _listedAsOf,
                Ran = _ran,
                Loaded = _loaded,
                Loads = _loads,
                LoadedAt = _loadedAt,
                HasJustMissed = _missedAt is { } at && time.GetElapsedTime(at) < JustMissed,
                RecentlyMissing = _missing,
            };
        }
    }

    /// <summary>
    /// A prompt goes there that may load its model. Of a model that the backend is not known to have, that is not certain.
    /// </summary>
    public void OnStarted(LoadKey key)
    {
        lock (_lock)
            if (!_missing.ContainsKey(key.Model) && (_listed?.Contains(key.Model) is not false || _ran.Contains(key.Model)))
                SetLoaded(key.Model, key.Options);
    }

    /// <summary>A prompt was run to its end there, so that it has the model, whatever its list says.</summary>
    public void OnCompleted(string model)
    {
        if (model.Length == 0)
            return;
        lock (_lock)
        {
            _missing = _missing.Remove(model);
            if (_listed?.Contains(model) is true || _ran.Contains(model) || _ran.Count >= MaxRemembered)
                return;
            _ran = _ran.Add(model);
            if (!_loaded.Contains(model))
                SetLoaded(model, options: null);
        }
    }

    /// <summary>The backend said that it does not have the model. Returns whether that is news.</summary>
    public bool OnMissing(string model)
    {
        lock (_lock)
        {
            var isNews = _listed?.Contains(model) is not false || _ran.Contains(model);
            var now = time.GetTimestamp();
            (_missedAt, _missing) = (now, _missing.SetItem(model, new(now, _listed?.Contains(model) is true)));
            _misses.Enqueue((model, now));
            (_ran, _loaded, _loads) = (_ran.Remove(model), _loaded.Remove(model), _loads.Remove(model));
            return isNews;
        }
    }

    /// <summary>The backend does not answer any more: nobody knows what it will have loaded when it does.</summary>
    public void OnUnreachable()
    {
        lock (_lock)
            (_loaded, _loads) = ([], _loads.Clear());
    }

    /// <param name="listed">The models that the backend lists now.</param>
    /// <param name="asOf">When it was asked for them.</param>
    public void OnListed(ImmutableHashSet<string> listed, DateTimeOffset asOf)
    {
        lock (_lock)
        {
            (_listed, _listedAsOf) = (listed, asOf);
            foreach (var (model, missing) in _missing)
            {
                // A model that the list did not name and names now has just come.
                if (listed.Contains(model) && !missing.IsListed)
                    _missing = _missing.Remove(model);
                else if (!listed.Contains(model) && missing.IsListed)
                    _missing = _missing.SetItem(model, missing with { IsListed = false });
            }
        }
    }

    /// <summary>The backend listed what it has loaded, which is believed unless a prompt has loaded a model meanwhile.</summary>
    /// <param name="loaded">The models that it has loaded, with the lengths of their contexts in tokens where it says them.</param>
    /// <param name="coldStarts">What <see cref="ColdStarts"/> was when it was asked.</param>
    public void OnLoaded(IReadOnlyDictionary<string, long?> loaded, int coldStarts)
    {
        lock (_lock)
        {
            if (coldStarts != _coldStarts)
                return;
            _loaded = [.. loaded.Keys];
            _loads = loaded.ToImmutableDictionary(
                model => model.Key, model => _loads.GetValueOrDefault(model.Key, ModelLoad.Unknown).With(model.Value));
        }
    }

    private void ForgetMisses()
    {
        while (_misses.TryPeek(out var miss) && (_misses.Count > MaxRemembered || time.GetElapsedTime(miss.At) >= MissingFor))
        {
            _misses.Dequeue();
            if (_missing.TryGetValue(miss.Model, out var missing) && missing.At == miss.At)
                _missing = _missing.Remove(miss.Model);
        }
    }

    /// <summary>Other models may have had to go for it; if it is only loaded again, with other options, they stay.</summary>
    private void SetLoaded(string model, string? options)
    {
        if (model.Length == 0)
            return;
        var isLoaded = _loaded.Contains(model);
        var load = isLoaded ? _loads.GetValueOrDefault(model, ModelLoad.Unknown) : null;
        if (load is not null && (options is null || load.Serves(options)))
        {
            if (options is not null && load.Options is null)
                _loads = _loads.SetItem(model, load with { Options = options });
            return;
        }
        _coldStarts++;
        (_loaded, _loadedAt) = (isLoaded ? _loaded : [model], time.GetUtcNow());
        _loads = (isLoaded ? _loads : _loads.Clear()).SetItem(model, new(options, null));
    }
}

/// <summary>A model that the backend said it does not have.</summary>
/// <param name="At">When, as a timestamp of the clock.</param>
/// <param name="IsListed">Whether its list named it all the same.</param>
internal sealed record MissingModel(long At, bool IsListed);
