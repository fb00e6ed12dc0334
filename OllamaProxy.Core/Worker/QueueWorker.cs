using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// Drains the queue into Ollama. A timer calls <see cref="DrainAsync"/> every second; as a hosted service it hands back,
/// at the shutdown, what has not ended.
/// </summary>
public sealed class QueueWorker(
    IPromptStore store,
    Dispatcher dispatcher,
    Backends backends,
    LiveResponses liveResponses,
    QueueSignal signal,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<QueueWorker> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan QueuedLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullLook = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _shutdown = new();
    private readonly ClaimTerms _sweepTerms = new(1, options.LeaseLength, options.MaxAttempts, "");
    private long? _sweptAt;

    /// <summary>
    /// One drain: runs prompts until the queue is empty and the slice <c>OLLAMA_PROXY_DRAIN_SECONDS</c> is over.
    /// Returns at once where one is running in this process, or this process only serves.
    /// </summary>
    /// <param name="cancellationToken">Ends the drain early: unfinished prompts are handed back, and it returns.</param>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (!options.Worker || _shutdown.IsCancellationRequested || !await _gate.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return;
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
            await DrainUntilEmptyAsync(stop.Token);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends the running drain, and returns when it has handed back what it ran.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _shutdown.CancelAsync();
        await _gate.WaitAsync(cancellationToken);
        _gate.Release();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        _shutdown.Dispose();
    }

    private async Task DrainUntilEmptyAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watching = backends.WatchAsync(signal.Raise, ended.Token);
        dispatcher.Begin(stop);
        var started = time.GetTimestamp();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await SweepAsync(stop);
                var look = await dispatcher.FillAsync(stop);
                if (look == QueueLook.Empty && time.GetElapsedTime(started) >= options.DrainSlice && dispatcher.TryEnd())
                    return;
                await signal.WaitAsync(UntilNextLook(look), time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the drain; what runs sees the same token and hands its prompts back.
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(watching, dispatcher.EndAsync());
        }
    }

    /// <summary>Takes back what was lost with other workers and clients, but not each time that something happens.</summary>
    private async Task SweepAsync(CancellationToken stop)
    {
        if (_sweptAt is { } at && time.GetElapsedTime(at) < QueuedLook && time.GetElapsedTime(at) < options.PollInterval)
            return;
        try
        {
            await store.SweepAsync(_sweepTerms, liveResponses.Awaited, stop);
            _sweptAt = time.GetTimestamp();
        }
        catch (StoreException exception)
        {
            logger.ClaimFailed(exception.Message);
        }
    }

    /// <summary>When to look again at the latest: for retries that are due, and for leases that ran out, however rarely others are to be polled.</summary>
    private TimeSpan UntilNextLook(QueueLook look)
    {
        var atMost = look switch { QueueLook.Empty => options.LeaseLength, QueueLook.Full => FullLook, _ => QueuedLook };
        return options.PollInterval < atMost ? options.PollInterval : atMost;
    }
}
