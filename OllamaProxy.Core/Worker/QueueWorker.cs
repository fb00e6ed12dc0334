using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// Drains the queue into Ollama. A timer calls <see cref="DrainAsync"/> every second. As soon as the <see cref="Shutdown"/> begins the
/// drain ends, and as a hosted service it has the host wait for what is being handed back then.
/// </summary>
public sealed class QueueWorker(
    IWorkQueue store,
    IPromptReader reader,
    Dispatcher dispatcher,
    BackendPool backends,
    QueuePauses pauses,
    AccountLedger accounts,
    ResponseRegistry responses,
    QueueSignal signal,
    Shutdown shutdown,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<QueueWorker> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan QueuedLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainGap = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FullLook = TimeSpan.FromMilliseconds(250);

    /// <summary>So long a host that waits no longer is held up all the same; what is not handed back then, the leases give back.</summary>
    private static readonly TimeSpan HandingBack = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _lastMoment = new();
    private readonly ClaimTerms _sweepTerms = new(1, options.LeaseLength, options.MaxAttempts, "");
    private long? _sweptAt;
    private long _drainedAt;

    /// <summary>
    /// Whether prompts are run in this process: a drain is running, or one ended so short a time ago that the next is to be expected. A
    /// host may call the timer in another process than the one that serves.
    /// </summary>
    public bool IsActive => _gate.CurrentCount == 0
        || (Volatile.Read(ref _drainedAt) is var at && at != 0 && time.GetElapsedTime(at) < DrainGap);

    /// <summary>
    /// One drain: runs prompts until the queue is empty and the slice <c>OLLAMA_PROXY_DRAIN_SECONDS</c> is over.
    /// Returns at once where one is running in this process, or this process only serves.
    /// </summary>
    /// <param name="cancellationToken">Ends the drain early: unfinished prompts are handed back, and it returns.</param>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (!options.Worker || shutdown.Begun.IsCancellationRequested || !await _gate.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return;
        try
        {
            using var handBack = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lastMoment.Token);
            await DrainUntilEmptyAsync(handBack.Token);
        }
        finally
        {
            Volatile.Write(ref _drainedAt, time.GetTimestamp());
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends the running drain, and returns when nothing runs any more. Throws nothing.</summary>
    /// <param name="cancellationToken">Hands back what clients still wait for as well, and returns within a second.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        shutdown.Begin();
        if (!await HasEndedAsync(Timeout.InfiniteTimeSpan, cancellationToken))
        {
            await _lastMoment.CancelAsync();
            await HasEndedAsync(HandingBack, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        _lastMoment.Dispose();
    }

    /// <summary>Waits until no drain runs; false: that takes too long.</summary>
    private async Task<bool> HasEndedAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            if (!await _gate.WaitAsync(timeout, cancellationToken))
                return false;
            _gate.Release();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <param name="handBack">
    /// Hands back all that runs. Without it, what clients wait for here is run to its end also at the shutdown.
    /// </param>
    private async Task DrainUntilEmptyAsync(CancellationToken handBack)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(handBack, shutdown.Begun);
        var stop = ended.Token;
        var watching = backends.WatchAsync(dispatcher.OnBackendsChanged, stop);
        var started = time.GetTimestamp();
        reader.Notifier.QueuedElsewhere += signal.Raise;
        try
        {
            await pauses.TryRefreshAsync(stop);
            await accounts.TryRestoreAsync(stop);
            dispatcher.Begin(handBack);
            while (!stop.IsCancellationRequested)
            {
                await RecoverExpiredAsync(stop);
                // Before the look, so that the moment in which they begin cannot fall between it and the wait.
                var bulkBegins = WhenBulkBegins();
                var look = await dispatcher.FillAsync(stop);
                if (look == FillResult.Empty && time.GetElapsedTime(started) >= options.DrainSlice && dispatcher.TryEnd())
                    return;
                await signal.WaitAsync(UntilNextLook(look, bulkBegins), time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the drain; what runs hands its prompts back by itself.
        }
        finally
        {
            reader.Notifier.QueuedElsewhere -= signal.Raise;
            await ended.CancelAsync();
            await Task.WhenAll(watching, dispatcher.EndAsync());
        }
    }

    /// <summary>Takes back what was lost with other workers and clients, but not each time that something happens.</summary>
    private async Task RecoverExpiredAsync(CancellationToken stop)
    {
        if (_sweptAt is { } at && time.GetElapsedTime(at) < QueuedLook && time.GetElapsedTime(at) < options.PollInterval)
            return;
        try
        {
            await store.RecoverExpiredAsync(_sweepTerms, responses.Awaited, stop);
            _sweptAt = time.GetTimestamp();
        }
        catch (StoreException exception)
        {
            logger.ClaimFailed(exception.Message);
        }
    }

    /// <summary>When the hours of bulk prompts begin; null: they have begun, or there are none.</summary>
    private DateTimeOffset? WhenBulkBegins() =>
        time.GetUtcNow() is var now && options.BulkHours?.UntilOpen(now) is { Ticks: > 0 } wait ? now + wait : null;

    /// <summary>
    /// When to look again at the latest: for retries that are due, for leases that ran out, for bulk prompts whose hours begin, and for
    /// prompts that waited for too long, however rarely others are to be polled.
    /// </summary>
    private TimeSpan UntilNextLook(FillResult look, DateTimeOffset? bulkBegins)
    {
        var timeout = look switch { FillResult.Empty => options.LeaseLength, FillResult.Full => FullLook, _ => QueuedLook };
        var wait = Jitter.Shorten(options.PollInterval < timeout ? options.PollInterval : timeout);
        if (bulkBegins - time.GetUtcNow() is { } opens && opens < wait)
            wait = opens > TimeSpan.Zero ? opens : TimeSpan.Zero;
        return dispatcher.UntilPreemption is { } due && due < wait ? due : wait;
    }
}
