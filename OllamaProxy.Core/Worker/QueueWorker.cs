using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// Drains the queue into Ollama. A timer calls <see cref="DrainAsync"/> every second; as a hosted service it hands back,
/// at the shutdown, what has not ended.
/// </summary>
public sealed class QueueWorker(
    IPromptStore store,
    SlotRunner slotRunner,
    Backend backend,
    QueueSignal signal,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<QueueWorker> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan QueuedLook = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _shutdown = new();
    private readonly ClaimTerms _terms = new(options.Concurrency, options.LeaseLength, options.MaxAttempts, options.Ollama.ToString());

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
        var slots = new List<Task>();
        var started = time.GetTimestamp();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                signal.Lower();
                var isEmpty = await FillSlotsAsync(slots, stop);
                if (isEmpty && slots.Count == 0 && time.GetElapsedTime(started) >= options.DrainSlice)
                    return;
                await WaitForChangeAsync(slots, isEmpty ? options.LeaseLength : QueuedLook, stop);
                slots.RemoveAll(slot => slot.IsCompleted);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the drain; what runs sees the same token and hands its prompts back.
        }
        finally
        {
            await Task.WhenAll(slots);
        }
    }

    /// <summary>Claims for every free slot, and returns whether the queue is empty then.</summary>
    private async Task<bool> FillSlotsAsync(List<Task> slots, CancellationToken stop)
    {
        try
        {
            while (slots.Count < options.Concurrency && await slotRunner.ClaimAsync(null, stop) is { } prompt)
                slots.Add(slotRunner.RunAsync(prompt, stop));
            return !await store.SweepAsync(_terms, stop);
        }
        catch (StoreException exception)
        {
            logger.ClaimFailed(exception.Message);
            return false;
        }
    }

    /// <summary>Waits until a slot has nothing left to run, a prompt was queued in this process, or it is time to look again.</summary>
    /// <param name="slots">What runs here.</param>
    /// <param name="atMost">When to look again for retries that are due, and for leases that ran out, however rarely others are to be polled.</param>
    /// <param name="stop">Ends the wait.</param>
    private async Task WaitForChangeAsync(List<Task> slots, TimeSpan atMost, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var poll = new[] { options.PollInterval, atMost, backend.NextProbe ?? atMost }.Min();
        await Task.WhenAny([.. slots, signal.WaitAsync(waiting.Token), Task.Delay(poll, time, waiting.Token)]);
        await waiting.CancelAsync();
    }
}
