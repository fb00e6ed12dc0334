using OllamaProxy.Webhooks;
using OllamaProxy.Worker;

namespace OllamaProxy.Batching;

/// <summary>What the worker's timer runs every second: a drain of the queue, and batches and webhooks for as long as it takes.</summary>
public sealed class WorkCycle(QueueWorker worker, BatchRunner batches, WebhookSender webhooks, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Drains the queue, moves batches on and sends webhooks, until the drain ends.</summary>
    /// <param name="cancellationToken">Ends all of it early.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var drained = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Task.WhenAll(batches.RunAsync(drained.Token, cancellationToken), webhooks.RunAsync(drained.Token));
        // The last step of a batch can take longer than the drain: prompts do not wait for it.
        for (var hasEnded = false; !hasEnded;)
        {
            await worker.DrainAsync(cancellationToken);
            await drained.CancelAsync();
            hasEnded = await HasEndedAsync(running, cancellationToken);
        }
    }

    /// <summary>Waits until both have come to an end, but no longer than until the next tick.</summary>
    private async Task<bool> HasEndedAsync(Task running, CancellationToken cancellationToken)
    {
        try
        {
            await running.WaitAsync(Tick, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
