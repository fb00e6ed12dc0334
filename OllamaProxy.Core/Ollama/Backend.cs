using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OllamaProxy.Prompts;

namespace OllamaProxy.Ollama;

/// <summary>
/// An Ollama server: whether it is there, which models it has, and which are loaded. While it does not answer it is probed with
/// a back-off, and nothing is run on it; with that it comes back by itself. Safe for many threads.
/// </summary>
public sealed class Backend
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstProbeWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxProbeWait = TimeSpan.FromSeconds(10);

    /// <summary>After so many failures in a row it is troubled, for so long after the last of them.</summary>
    private const int MaxFailures = 3;
    private static readonly TimeSpan TroubledFor = TimeSpan.FromSeconds(30);

    private readonly string _defaultModel;
    private readonly TimeProvider _time;
    private readonly ILogger<Backend> _logger;
    private readonly Lock _lock = new();
    private readonly Latch _refresh = new();
    private BackendState _state;
    private TimeSpan _probeWait = FirstProbeWait;
    private long? _refreshedAt;
    private int _failures;
    private long _failedAt;
    private int _coldStarts;
    private ImmutableDictionary<string, long> _missing = ImmutableDictionary<string, long>.Empty;

    /// <summary>Knows nothing of the server yet.</summary>
    /// <param name="client">Talks to it.</param>
    /// <param name="setting">What the settings say of it.</param>
    /// <param name="options">All settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when it goes and comes.</param>
    public Backend(OllamaClient client, BackendSetting setting, OllamaProxyOptions options, TimeProvider time, ILogger<Backend> logger)
    {
        (Client, Endpoint, _defaultModel, _time, _logger) = (client, setting.Endpoint, options.Model, time, logger);
        _state = new(setting.Endpoint.ToString(), setting.Concurrency ?? options.Concurrency)
        {
            Only = setting.Models.Count > 0 ? [.. setting.Models.Select(ModelName.Canonical)] : null,
        };
    }

    /// <summary>Talks to the server.</summary>
    public OllamaClient Client { get; }

    /// <summary>Where it is.</summary>
    public OllamaEndpoint Endpoint { get; }

    /// <summary>Its address, by which it is known.</summary>
    public string Name => _state.Name;

    /// <summary>How many prompts it runs at once.</summary>
    public int Concurrency => _state.Concurrency;

    /// <summary>Whether the settings let it be asked for this model.</summary>
    /// <param name="model">In any of its names; empty: none is named, and that it may be told.</param>
    public bool Serves(string model) => !State.IsExcluded(ModelName.Canonical(model));

    /// <summary>What is known of it now.</summary>
    public BackendState State
    {
        get
        {
            lock (_lock)
                return _state with
                {
                    IsTroubled = _failures >= MaxFailures && _time.GetElapsedTime(_failedAt) < TroubledFor,
                    Missing = _missing.IsEmpty ? [] : [.. _missing.Where(missing => _time.GetElapsedTime(missing.Value) < RefreshInterval).Select(missing => missing.Key)],
                };
        }
    }

    /// <summary>Keeps <see cref="State"/> true until the token fires, and tells of every change.</summary>
    public async Task WatchAsync(Action changed, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (UntilRefresh() is { Ticks: > 0 } wait)
                {
                    await _refresh.WaitAsync(wait, _time, cancellationToken);
                    continue;
                }
                await RefreshAsync(cancellationToken);
                changed();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>Has <see cref="WatchAsync"/> look at once.</summary>
    public void RefreshSoon()
    {
        lock (_lock)
            _refreshedAt = null;
        _refresh.Raise();
    }

    /// <summary>Asks whether it is as it was believed to be; if not, or if it is away, <see cref="WatchAsync"/> looks at once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!State.IsUp || !await Client.IsReachableAsync(cancellationToken))
            RefreshSoon();
    }

    /// <summary>Takes note of a prompt that goes there: its model is loaded now, and others may have had to go for it.</summary>
    /// <param name="model">The canonical name; empty: it names none.</param>
    public void NoteStarted(string model)
    {
        lock (_lock)
        {
            if (model.Length == 0 || _state.Loaded.Contains(model))
                return;
            _coldStarts++;
            _state = _state with { Loaded = [model], LoadedAt = _time.GetUtcNow() };
        }
    }

    /// <summary>Takes note of a prompt that was run to its end there.</summary>
    public void NoteCompleted()
    {
        lock (_lock)
            _failures = 0;
    }

    /// <summary>
    /// Takes note of a model that it turned out not to have. For a while that counts for more than its list, which may be
    /// there for others only, or say something else than it does.
    /// </summary>
    public void NoteMissing(string model)
    {
        lock (_lock)
        {
            _missing = _missing.SetItem(model, _time.GetTimestamp());
            _state = _state with { Installed = _state.Installed?.Remove(model), InstalledAsOf = DateTimeOffset.MinValue, Loaded = _state.Loaded.Remove(model) };
        }
        RefreshSoon();
    }

    /// <summary>
    /// Takes note of a failed attempt, and returns whether Ollama was there for it: if not, the attempt does not count.
    /// </summary>
    public async Task<bool> ReportAsync(OllamaException failure, CancellationToken cancellationToken)
    {
        switch (failure.Kind)
        {
            case FailureKind.Unreachable:
                // Only the first of several attempts tells something new; the back-off is the probes' business.
                if (State.IsUp)
                    NoteReachable(false);
                return false;
            case FailureKind.Foreign:
                var reachable = await Client.IsReachableAsync(cancellationToken);
                if (reachable)
                    NoteFailed();
                else
                    NoteReachable(false);
                return reachable;
            case FailureKind.Transient:
                NoteFailed();
                return true;
            default:
                return true;
        }
    }

    private void NoteFailed()
    {
        lock (_lock)
            (_failures, _failedAt) = (_failures + 1, _time.GetTimestamp());
    }

    private TimeSpan UntilRefresh()
    {
        lock (_lock)
        {
            if (_refreshedAt is not { } at)
                return TimeSpan.Zero;
            var wait = (_state.IsUp ? RefreshInterval : _probeWait) - _time.GetElapsedTime(at);
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var (asOf, coldStarts) = (_time.GetUtcNow(), _coldStarts);
        var reachable = await Client.IsReachableAsync(cancellationToken);
        var installed = reachable ? await TryListAsync(Client.ListInstalledAsync, cancellationToken) : null;
        var loaded = reachable ? await TryListAsync(Client.ListLoadedAsync, cancellationToken) : null;
        lock (_lock)
        {
            if (reachable)
            {
                _state = _state with { Installed = installed, InstalledAsOf = asOf };
                // What the list leaves out it lacks by that, and when it comes it is there.
                _missing = _missing.RemoveRange(_missing.Where(missing => installed?.Contains(missing.Key) is false || _time.GetElapsedTime(missing.Value) >= RefreshInterval).Select(missing => missing.Key));
            }
            // What a prompt has loaded meanwhile may have been left out, and what it displaced may not.
            if (loaded is not null && coldStarts == _coldStarts)
                _state = _state with { Loaded = loaded };
        }
        NoteReachable(reachable);
    }

    private static async Task<ImmutableHashSet<string>?> TryListAsync(
        Func<CancellationToken, Task<IReadOnlyList<OllamaModel>>> list, CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await list(cancellationToken)).Where(model => model.Name is not null).Select(model => ModelName.Canonical(model.Name))];
        }
        catch (OllamaException)
        {
            return null;
        }
    }

    private void NoteReachable(bool reachable)
    {
        lock (_lock)
        {
            if (reachable && !_state.IsUp)
                _logger.OllamaBack(Endpoint);
            else if (!reachable && !_state.IsAway)
                _logger.OllamaAway(Endpoint, _defaultModel);

            _probeWait = reachable || !_state.IsAway ? FirstProbeWait : DoubledProbeWait();
            _state = _state with { IsUp = reachable, IsAway = !reachable, Loaded = reachable ? _state.Loaded : [] };
            _refreshedAt = _time.GetTimestamp();
        }
        // The watch counts from now on.
        _refresh.Raise();
    }

    private TimeSpan DoubledProbeWait() => _probeWait * 2 < MaxProbeWait ? _probeWait * 2 : MaxProbeWait;
}
