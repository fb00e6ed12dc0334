using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// An Ollama server: whether it answers, which models it has, which are loaded, and what it is too busy for. Nothing is run on it while it
/// does not answer. Safe for many threads.
/// </summary>
public sealed class Backend
{
    /// <summary>After this many failures in a row it is degraded, for this long after the last of them.</summary>
    private const int MaxFailures = 3;
    private static readonly TimeSpan DegradedFor = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly ILogger<Backend> _logger;
    private readonly Lock _lock = new();
    private readonly ModelInventory _models;
    private readonly HealthMonitor _health;
    private readonly BusyBackOff _busy;
    private readonly BusyModels _busyModels;
    private readonly BackendState _state;
    private int _failures;
    private long _failedAt;

    /// <summary>Knows nothing of the server yet.</summary>
    /// <param name="client">Talks to it.</param>
    /// <param name="setting">What the settings say of it.</param>
    /// <param name="options">All settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs when the backend goes away and comes back.</param>
    public Backend(OllamaClient client, BackendOptions setting, OllamaProxyOptions options, TimeProvider time, ILogger<Backend> logger)
    {
        (Client, Endpoint, Reserved, _time, _logger) = (client, setting.Endpoint, setting.Reserved, time, logger);
        (_models, _busy, _busyModels) = (new(time), new(time), new(time));
        _health = new(client, setting.Endpoint, options.Model, _models, time, logger);
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

    /// <summary>How many of its slots are reserved for prompts of a priority above 0.</summary>
    public int Reserved { get; }

    /// <summary>Whether the settings let it be asked for this model.</summary>
    /// <param name="model">Any name of the model; empty: the prompt names none, and the backend may say so.</param>
    public bool IsModelAllowed(string model) => !State.IsExcluded(ModelName.Canonical(model));

    /// <summary>What is known of it now.</summary>
    public BackendState State
    {
        get
        {
            var health = _health.Health;
            lock (_lock)
                return _models.AddTo(_state) with
                {
                    Health = health == BackendHealth.Healthy && IsDegraded() ? BackendHealth.Degraded : health,
                    IsBusy = _busy.IsBusy,
                    BusyModels = _busyModels.Current,
                };
        }
    }

    /// <summary>Keeps <see cref="State"/> true until the token fires, and tells of every change.</summary>
    public Task WatchAsync(Action changed, CancellationToken cancellationToken) => _health.WatchAsync(changed, cancellationToken);

    /// <summary>Has <see cref="WatchAsync"/> ask at once.</summary>
    public void RefreshSoon() => _health.RefreshSoon();

    /// <summary>Asks whether it is as it was believed to be; if not, or if it is away, <see cref="WatchAsync"/> looks at once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!State.IsReachable || !await Client.AnswersAsync(cancellationToken))
            RefreshSoon();
    }

    /// <summary>Takes note of a prompt that goes there.</summary>
    /// <param name="key">Its model, and the options to load that with.</param>
    public void OnPromptStarted(LoadKey key) => _models.OnStarted(key);

    /// <summary>How many tokens the context of a loaded model holds, as far as Ollama has said it already; null: it has not.</summary>
    /// <param name="model">The canonical name of the model.</param>
    public long? ContextLengthOf(string model) => _models.ContextLengthOf(model);

    /// <summary>As <see cref="ContextLengthOf"/>, but asks Ollama where that is not known; null: the model is not loaded.</summary>
    public async Task<long?> FindContextLengthAsync(string model, CancellationToken cancellationToken)
    {
        if (ContextLengthOf(model) is null)
            await _health.RefreshLoadedAsync(cancellationToken);
        return ContextLengthOf(model);
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
        }
        _models.OnCompleted(model);
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
        if (_models.OnMissing(model))
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
                    _health.Record(failure);
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
            var wait = failure.IsOfModel ? _busyModels.OnBusy(model, failure.RetryAfter, startedAt)
                : _busy.OnBusy(failure.RetryAfter, startedAt);
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
        _health.Record(why);
        lock (_lock)
            _busy.OnBusy(retryAfter: null, startedAt);
    }

    private void RecordFailure()
    {
        lock (_lock)
            (_failures, _failedAt) = (_failures + 1, _time.GetTimestamp());
    }

    private bool IsDegraded() => _failures >= MaxFailures && _time.GetElapsedTime(_failedAt) < DegradedFor;
}
