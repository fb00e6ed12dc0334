using Microsoft.Extensions.Logging;
using OllamaProxy.Batches;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Worker;

namespace OllamaProxy.Batching;

/// <summary>
/// Moves batches on, beside a drain of the queue. It is woken when batches are made, and when prompts of them end. Of several processes one
/// has a batch at a time, until it is not heard of for some seconds.
/// </summary>
public sealed class BatchRunner(
    IBatchStore batches, IPromptReader reader, BatchSteps steps, BatchSignal signal, WorkerIdentity identity, Shutdown shutdown,
    OllamaProxyOptions options, TimeProvider time, ILogger<BatchRunner> logger) : IDisposable
{
    private static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How long what ends is left to come together, so that it is collected at once.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<Guid, long> _takenAt = [];
    private readonly TimeSpan _lease = options.LeaseLength < LongestLease ? options.LeaseLength : LongestLease;

    /// <summary>
    /// Moves batches on until it is enough. Returns at once where that is being done in this process, or this process only serves.
    /// </summary>
    /// <param name="enough">Ends it behind the step that is being made.</param>
    /// <param name="cancellationToken">Ends it amid a step, which is made again later.</param>
    public async Task RunAsync(CancellationToken enough, CancellationToken cancellationToken)
    {
        if (!options.Worker || shutdown.Begun.IsCancellationRequested || !await _gate.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, shutdown.Begun);
        try
        {
            await RunUntilAsync(enough, linked.Token);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested || linked.IsCancellationRequested)
        {
            // The end. Whoever runs next goes on.
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task RunUntilAsync(CancellationToken enough, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough, stop);
        while (!enough.IsCancellationRequested)
        {
            if (await ListAsync(stop) is { Count: > 0 } open)
                await MoveAsync(open, either.Token, stop);
            else
                await signal.WaitAsync(Jitter.Shorten(Look), time, either.Token);
        }
    }

    /// <summary>Moves these and other batches on until there are none.</summary>
    private async Task MoveAsync(IReadOnlyList<Batch> open, CancellationToken enough, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(enough);
        using var subscription = reader.Notifier.SubscribeToAll();
        var watching = WatchAsync(subscription, ended.Token);
        try
        {
            for (; open.Count > 0 && !enough.IsCancellationRequested; open = await ListAsync(stop))
            {
                var hasMoved = false;
                foreach (var batch in open)
                    hasMoved |= await StepAsync(batch, stop);
                if (!hasMoved)
                    await signal.WaitAsync(Look, time, enough);
            }
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    /// <summary>Wakes this when prompts change.</summary>
    private async Task WatchAsync(QueueSubscription subscription, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await subscription.WaitAsync(Look, time, ended);
                signal.Raise();
                await Task.Delay(Gap, time, ended);
            }
        }
        catch (OperationCanceledException)
        {
            // There are no more batches, or it is the end.
        }
    }

    private async Task<IReadOnlyList<Batch>> ListAsync(CancellationToken stop)
    {
        try
        {
            return await batches.ListOpenBatchesAsync(stop);
        }
        catch (StoreException exception)
        {
            logger.BatchesDelayed(exception.Message);
            return [];
        }
    }

    private async Task<bool> StepAsync(Batch batch, CancellationToken stop)
    {
        try
        {
            if (!await HoldsAsync(batch, stop) || !await steps.StepAsync(batch, stop))
                return false;
            if (await batches.FindBatchAsync(batch.Id, stop) is { EndedAt: not null } ended)
            {
                _takenAt.Remove(batch.Id);
                logger.BatchEnded(ended.Id, ended.Status.Name(), ended.Counts.Completed, ended.Counts.Total);
            }
            return true;
        }
        catch (StoreException exception)
        {
            logger.BatchesDelayed(exception.Message);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            logger.BatchBroke(new(exception), batch.Id);
        }
        return false;
    }

    /// <summary>Whether this process has a batch, from now on or for a while still.</summary>
    private async Task<bool> HoldsAsync(Batch batch, CancellationToken stop)
    {
        var isOwn = batch.Runner?.Id == identity.Token;
        if (isOwn && _takenAt.TryGetValue(batch.Id, out var at) && time.GetElapsedTime(at) < _lease / 3)
            return true;
        if (!isOwn && batch.Runner is { } other && other.Until > time.GetUtcNow())
            return false;
        var takenAt = time.GetTimestamp();
        if (!await batches.TakeBatchAsync(batch.Id, identity.Token, _lease, stop))
            return false;
        _takenAt[batch.Id] = takenAt;
        return true;
    }
}
