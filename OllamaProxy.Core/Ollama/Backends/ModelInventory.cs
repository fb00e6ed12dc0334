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
                LoadedAt = _loadedAt,
                HasJustMissed = _missedAt is { } at && time.GetElapsedTime(at) < JustMissed,
                RecentlyMissing = _missing,
            };
        }
    }

    /// <summary>
    /// A prompt goes there that may load its model. Of a model that the backend is not known to have, that is not certain.
    /// </summary>
    public void OnStarted(string model)
    {
        lock (_lock)
            if (!_missing.ContainsKey(model) && (_listed?.Contains(model) is not false || _ran.Contains(model)))
                SetLoaded(model);
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
            SetLoaded(model);
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
            (_ran, _loaded) = (_ran.Remove(model), _loaded.Remove(model));
            return isNews;
        }
    }

    /// <summary>The backend does not answer any more: nobody knows what it will have loaded when it does.</summary>
    public void OnUnreachable()
    {
        lock (_lock)
            _loaded = [];
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
    /// <param name="loaded">The models that it has loaded.</param>
    /// <param name="coldStarts">What <see cref="ColdStarts"/> was when it was asked.</param>
    public void OnLoaded(ImmutableHashSet<string> loaded, int coldStarts)
    {
        lock (_lock)
            if (coldStarts == _coldStarts)
                _loaded = loaded;
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

    /// <summary>Other models may have had to go for it.</summary>
    private void SetLoaded(string model)
    {
        if (model.Length == 0 || _loaded.Contains(model))
            return;
        _coldStarts++;
        (_loaded, _loadedAt) = ([model], time.GetUtcNow());
    }
}

/// <summary>A model that the backend said it does not have.</summary>
/// <param name="At">When, as a timestamp of the clock.</param>
/// <param name="IsListed">Whether its list named it all the same.</param>
internal sealed record MissingModel(long At, bool IsListed);
