using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama.Backends;

/// <summary>
/// Knows whether a backend answers: it is asked every ten seconds and, while it does not answer, with a back-off, so that it comes back by
/// itself. The lists of its models are read with that. Safe for many threads.
/// </summary>
internal sealed class HealthMonitor(
    OllamaClient client, OllamaEndpoint endpoint, string defaultModel, ModelInventory models, TimeProvider time, ILogger<Backend> logger)
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstProbeWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxProbeWait = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly AsyncAutoResetEvent _refresh = new();
    private BackendHealth _health;
    private TimeSpan _probeWait = FirstProbeWait;
    private long? _refreshedAt;
    private bool _isRefreshWanted;

    /// <summary>Healthy, unreachable or unknown.</summary>
    public BackendHealth Health
    {
        get
        {
            lock (_lock)
                return _health;
        }
    }

    /// <summary>Keeps <see cref="Health"/> and the models true until the token fires, and tells of every change.</summary>
    public async Task WatchAsync(Action changed, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (UntilRefresh() is { Ticks: > 0 } wait)
                {
                    await _refresh.WaitAsync(wait, time, cancellationToken);
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

    /// <summary>Asks which models are loaded, and how, without waiting for its turn.</summary>
    public async Task RefreshLoadedAsync(CancellationToken cancellationToken)
    {
        var coldStarts = models.ColdStarts;
        if (await TryListLoadedAsync(cancellationToken) is { } loaded)
            models.OnLoaded(loaded, coldStarts);
    }

    /// <summary>Has <see cref="WatchAsync"/> ask at once.</summary>
    public void RefreshSoon()
    {
        lock (_lock)
            (_refreshedAt, _isRefreshWanted) = (null, true);
        _refresh.Set();
    }

    /// <summary>Takes note of whether the backend answered.</summary>
    /// <param name="failure">Why it did not; null: it did.</param>
    public void Record(OllamaException? failure)
    {
        var isReachable = failure is null;
        lock (_lock)
        {
            if (isReachable && _health != BackendHealth.Healthy)
                logger.OllamaBack(endpoint);
            else if (failure is { Kind: FailureKind.InvalidResponse } && _health != BackendHealth.Unreachable)
                logger.OllamaUnusable(endpoint, failure.Message);
            else if (failure is not null && _health != BackendHealth.Unreachable)
                logger.OllamaAway(failure.Message.TrimEnd('.'), defaultModel);

            _probeWait = isReachable || _health != BackendHealth.Unreachable ? FirstProbeWait : DoubledProbeWait();
            _health = isReachable ? BackendHealth.Healthy : BackendHealth.Unreachable;
            if (!isReachable)
                models.OnUnreachable();
            // Another look that was asked for during this one follows at once.
            _refreshedAt = _isRefreshWanted ? null : time.GetTimestamp();
        }
        // The watch counts from now on.
        _refresh.Set();
    }

    private TimeSpan UntilRefresh()
    {
        lock (_lock)
        {
            if (_refreshedAt is not { } at)
                return TimeSpan.Zero;
            var wait = (_health == BackendHealth.Healthy ? RefreshInterval : _probeWait) - time.GetElapsedTime(at);
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
            // Whatever a backend answers, it is asked again.
            Record(OllamaFailures.OfInvalidBody(exception.Message, exception));
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var asOf = time.GetUtcNow();
        lock (_lock)
            _isRefreshWanted = false;
        var coldStarts = models.ColdStarts;
        var (failure, installed) = await client.ProbeAsync(cancellationToken);
        var loaded = failure is null ? await TryListLoadedAsync(cancellationToken) : null;
        if (installed is not null)
            models.OnListed(CanonicalNames(installed), asOf);
        // What a prompt has loaded meanwhile may have been left out, and what it displaced may not.
        if (loaded is not null)
            models.OnLoaded(loaded, coldStarts);
        Record(failure);
    }

    /// <summary>The loaded models with the lengths of their contexts; null: Ollama does not say.</summary>
    private async Task<IReadOnlyDictionary<string, long?>?> TryListLoadedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var loaded = new Dictionary<string, long?>();
            foreach (var model in await client.ListLoadedAsync(cancellationToken))
                loaded[ModelName.Canonical(model.Name)] = model.ContextLength;
            return loaded;
        }
        catch (OllamaException)
        {
            return null;
        }
    }

    private static ImmutableHashSet<string> CanonicalNames(IReadOnlyList<OllamaModel> models) =>
        [.. models.Where(model => model.Name is not null).Select(model => ModelName.Canonical(model.Name))];

    private TimeSpan DoubledProbeWait() => _probeWait * 2 < MaxProbeWait ? _probeWait * 2 : MaxProbeWait;
}
