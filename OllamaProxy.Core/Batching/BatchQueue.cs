using OllamaProxy.Access;
using OllamaProxy.Batches;
using OllamaProxy.Queue;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Worker;

namespace OllamaProxy.Batching;

/// <summary>What clients do with batches; what they only read of them comes from <see cref="IBatchStore"/>.</summary>
public sealed class BatchQueue(IBatchStore batches, BatchSignal signal, QueuePauses pauses, TimeProvider time)
{
    /// <summary>Makes a batch of a file; null: the file has been deleted.</summary>
    /// <exception cref="QueueDrainingException">None are accepted until an operator resumes the queue.</exception>
    internal async Task<Batch?> CreateAsync(Caller caller, Func<Guid, NewBatch> describe, CancellationToken cancellationToken)
    {
        if (pauses.Current.IsDraining)
            throw new QueueDrainingException();
        var batch = describe(Guid.CreateVersion7(time.GetUtcNow())) with { Owner = caller.Owner, Account = caller.Account };
        var added = await batches.AddBatchAsync(batch, cancellationToken);
        signal.Raise();
        return added;
    }

    /// <summary>
    /// Cancels a batch; one that is being cancelled stays as it is. Null: it has ended, or all of it was done, so that it ends by itself.
    /// </summary>
    internal async Task<Batch?> CancelAsync(Batch batch, CancellationToken cancellationToken)
    {
        if (batch.Status.HasEnded())
            return null;
        while (batch.Status is BatchStatus.Validating or BatchStatus.InProgress)
        {
            await batches.AdvanceBatchAsync(
                batch.Id, new(batch.Status, BatchStatus.Cancelling) { Outcome = BatchStatus.Cancelled }, cancellationToken);
            if (await batches.FindBatchAsync(batch.Id, cancellationToken) is not { } now)
                return null;
            batch = now;
        }
        signal.Raise();
        return batch.Status is BatchStatus.Cancelling or BatchStatus.Cancelled ? batch : null;
    }
}
