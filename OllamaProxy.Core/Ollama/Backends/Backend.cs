using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// An Ollama server: whether it is there, which models it has, and which are loaded. While it does not answer it is probed with
/// a back-off, and nothing is run on it; with that it comes back by itself. Safe for many threads.
/// </summary>
public sealed class Backend
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstProbeWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxProbeWait = TimeSpan.FromSeconds(10);

    /// <summary>After this many failures in a row it is degraded, for this long after the last of them.</summary>
    private const int MaxFailures = 3;
    private static readonly TimeSpan DegradedFor = TimeSpan.FromSeconds(30);

    private readonly string _defaultModel;
    private readonly TimeProvider _time;
    private readonly ILogger<Backend> _logger;
    private readonly Lock _lock = new();
    private readonly AsyncAutoResetEvent _refresh = new();
    private readonly ModelInventory _models;
    private readonly BusyBackOff _busy;
    private readonly BusyModels _busyModels;
    private BackendState _state;
    private TimeSpan _probeWait = FirstProbeWait;
    private long? _refreshedAt;
    private bool _isRefreshWanted;
    private int _failures;
    private long _failedAt;

    /// <summary>Knows nothing of the server yet.</summary>
    /// <param name="client">Talks to it.</param>
    /// <param name="setting">What the settings say of it.</param>
    /// <param name="options">All settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when it goes and comes.</param>
    public Backend(OllamaClient client, BackendOptions setting, OllamaProxyOptions options, TimeProvider time, ILogger<Backend> logger)
    {
        (Client, Endpoint, _defaultModel, _time, _logger) = (client, setting.Endpoint, options.Model, time, logger);
        (_models, _busy, _busyModels) = (new(time), new(time), new(time));
        _state = new(setting.Endpoint.ToString(), setting.Concurrency ?? options.Concurrency)
        {
            AllowedModels = setting.Models.Count > 0 ? [.. setting.Models.Select(ModelName.Canonical)] : null,
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
    public bool IsModelAllowed(string model) => !State.IsExcluded(ModelName.Canonical(model));

    /// <summary>What is known of it now.</summary>
    public BackendState State
    {
        get
        {
            lock (_lock)
                return _models.AddTo(_state) with
                {
                    Health = IsDegraded() ? BackendHealth.Degraded : _state.Health,
                    IsBusy = _busy.IsBusy,
                    BusyModels = _busyModels.Current,
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
                await TryRefreshAsync(cancellationToken);
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
            (_refreshedAt, _isRefreshWanted) = (null, true);
        _refresh.Set();
    }

    /// <summary>Asks whether it is as it was believed to be; if not, or if it is away, <see cref="WatchAsync"/> looks at once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!State.IsReachable || !await Client.AnswersAsync(cancellationToken))
            RefreshSoon();
    }

    /// <summary>Takes note of a prompt that goes there.</summary>
    /// <param name="model">The canonical name of its model; empty: it names none.</param>
    public void OnPromptStarted(string model)
    {
        lock (_lock)
            _models.OnStarted(model);
    }

    /// <summary>Takes note of a prompt that was run to its end there: it has that model, whatever its list says.</summary>
    /// <param name="model">The canonical name; empty: it names none.</param>
    public void OnPromptCompleted(string model)
    {
        lock (_lock)
        {
            _failures = 0;
            _busy.OnCompleted();
            _busyModels.OnCompleted(model);
            _models.OnCompleted(model);
        }
    }

    /// <summary>
    /// Takes note of a model that it turned out not to have. For a while that counts for more than its list, which may be
    /// there for others only, or say something else than it does.
    /// </summary>
    /// <param name="model">The canonical name; empty: none was named, and nothing is to be noted.</param>
    public void OnModelMissing(string model)
    {
        if (model.Length == 0)
            return;
        bool isNews;
        lock (_lock)
            isNews = _models.OnMissing(model);
        if (isNews)
            RefreshSoon();
    }

    /// <summary>
    /// Takes note of a failed attempt, and returns whether Ollama was there for it: if not, the attempt does not count.
    /// </summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="model">The canonical name of the model that was asked for.</param>
    /// <param name="startedAt">When the attempt was started, as a timestamp of the clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> ReportAsync(OllamaException failure, string model, long startedAt, CancellationToken cancellationToken)
    {
        switch (failure.Kind)
        {
            case FailureKind.Busy:
                MarkBusy(failure, model, startedAt);
                return false;
            case FailureKind.Unreachable:
                // Only the first of several attempts tells something new; the back-off is the probes' business.
                if (State.IsReachable)
                    RecordProbe(failure);
                return false;
            case FailureKind.InvalidResponse:
                var (why, _) = await Client.ProbeAsync(cancellationToken);
                if (why is null)
                    RecordFailure();
                else
                    MarkUnreachable(why, startedAt);
                return why is null;
            case FailureKind.Transient or FailureKind.Unknown:
                RecordFailure();
                return true;
            default:
                return true;
        }
    }

    private void MarkBusy(OllamaException failure, string model, long startedAt)
    {
        lock (_lock)
        {
            var wait = failure.IsOfModel ? _busyModels.OnBusy(model, failure.RetryAfter, startedAt) : _busy.OnBusy(failure.RetryAfter, startedAt);
            if (wait is { } time)
                _logger.OllamaBusy(Endpoint, failure.IsOfModel ? $"'{model}'" : "any model", time.TotalSeconds);
        }
    }

    /// <summary>
    /// It is away, and what it said before was not Ollama's. It may be back in a moment, only to go astray at the same prompt again:
    /// until it has completed one it gets the next after a wait that grows, since none of these attempts counts.
    /// </summary>
    private void MarkUnreachable(OllamaException why, long startedAt)
    {
        RecordProbe(why);
        lock (_lock)
            _busy.OnBusy(retryAfter: null, startedAt);
    }

    private void RecordFailure()
    {
        lock (_lock)
            (_failures, _failedAt) = (_failures + 1, _time.GetTimestamp());
    }

    private bool IsDegraded() =>
        _state.Health == BackendHealth.Healthy && _failures >= MaxFailures && _time.GetElapsedTime(_failedAt) < DegradedFor;

    private TimeSpan UntilRefresh()
    {
        lock (_lock)
        {
            if (_refreshedAt is not { } at)
                return TimeSpan.Zero;
            var wait = (_state.IsReachable ? RefreshInterval : _probeWait) - _time.GetElapsedTime(at);
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    private async Task TryRefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RefreshAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever a backend answers, it is looked at again.
            RecordProbe(OllamaFailures.OfInvalidBody(exception.Message, exception));
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        int coldStarts;
        var asOf = _time.GetUtcNow();
        lock (_lock)
            (coldStarts, _isRefreshWanted) = (_models.ColdStarts, false);
        var (failure, models) = await Client.ProbeAsync(cancellationToken);
        var loaded = failure is null ? await TryListAsync(Client.ListLoadedAsync, cancellationToken) : null;
        lock (_lock)
        {
            if (models is not null)
                _models.OnListed(CanonicalNames(models), asOf);
            // What a prompt has loaded meanwhile may have been left out, and what it displaced may not.
            if (loaded is not null && coldStarts == _models.ColdStarts)
                _models.OnLoaded(loaded);
        }
        RecordProbe(failure);
    }

    private static async Task<ImmutableHashSet<string>?> TryListAsync(
        Func<CancellationToken, Task<IReadOnlyList<OllamaModel>>> list, CancellationToken cancellationToken)
    {
        try
        {
            return CanonicalNames(await list(cancellationToken));
        }
        catch (OllamaException)
        {
            return null;
        }
    }

    private static ImmutableHashSet<string> CanonicalNames(IReadOnlyList<OllamaModel> models) =>
        [.. models.Where(model => model.Name is not null).Select(model => ModelName.Canonical(model.Name))];

    /// <param name="failure">Why it is not; null: it is.</param>
    private void RecordProbe(OllamaException? failure)
    {
        var reachable = failure is null;
        lock (_lock)
        {
            if (reachable && !_state.IsReachable)
                _logger.OllamaBack(Endpoint);
            else if (failure is { Kind: FailureKind.InvalidResponse } && _state.Health != BackendHealth.Unreachable)
                _logger.OllamaUnusable(Endpoint, failure.Message);
            else if (failure is not null && _state.Health != BackendHealth.Unreachable)
                _logger.OllamaAway(failure.Message.TrimEnd('.'), _defaultModel);

            _probeWait = reachable || _state.Health != BackendHealth.Unreachable ? FirstProbeWait : DoubledProbeWait();
            _state = _state with { Health = reachable ? BackendHealth.Healthy : BackendHealth.Unreachable };
            if (!reachable)
                _models.OnUnreachable();
            // Who asked for another look while this one was under way gets it.
            _refreshedAt = _isRefreshWanted ? null : _time.GetTimestamp();
        }
        // The watch counts from now on.
        _refresh.Set();
    }

    private TimeSpan DoubledProbeWait() => _probeWait * 2 < MaxProbeWait ? _probeWait * 2 : MaxProbeWait;
}
