using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>
/// The workers' side of the queue: read snapshots, claim prompts, renew leases and settle attempts. Every write is on disk when its task
/// completes. Any method can throw a <see cref="StoreException"/>. Safe for many threads, and for workers of several processes.
/// </summary>
public interface IWorkQueue
{
    /// <summary>
    /// Whether another process may follow what this one generates, as far as is known: one that only reads may not be.
    /// </summary>
    bool IsShared { get; }

    /// <summary>
    /// Reads the prompts that can run and those that run. Writes of other processes may be missing for the time of
    /// <see cref="SnapshotTerms.Freshness"/>.
    /// </summary>
    Task<QueueSnapshot> ReadSnapshotAsync(SnapshotTerms terms, CancellationToken cancellationToken);

    /// <summary>Claims a prompt, which starts an attempt. Null: it is not due any more, or the backend has no free slot.</summary>
    Task<ClaimedPrompt?> ClaimAsync(long seq, ClaimTerms terms, CancellationToken cancellationToken);

    /// <summary>The state of a lease.</summary>
    Task<LeaseState> GetLeaseStateAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>Renews a lease that is held for another <paramref name="length"/> from now, and returns its state.</summary>
    Task<LeaseState> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Renews a lease that is held, and stores the next chunk of what its attempt generates, so that other processes can read it and little
    /// is lost if this one dies. Chunks come in order and without gaps. Returns the state of the lease.
    /// </summary>
    Task<LeaseState> AppendAsync(Lease lease, TextChunk chunk, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Like <see cref="AppendAsync"/>, for the next chunk of the answer to a call whose client waits at another process: that process can
    /// pass it on as it comes.
    /// </summary>
    Task<LeaseState> AppendResponseAsync(Lease lease, ResponseChunk chunk, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Settles an attempt: ends its lease and writes how it ended. If the lease is not held any more, only the partial result of a
    /// cancelled prompt is written.
    /// </summary>
    /// <param name="lease">The lease of the attempt.</param>
    /// <param name="settlement">How the attempt ended.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    /// <returns>
    /// Whether the settlement was written: true if the lease was held or, for <see cref="Settlement.AcknowledgeCancel"/>, if the prompt was
    /// cancelled.
    /// </returns>
    Task<bool> SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellationToken);

    /// <summary>
    /// Queues prompts again whose lease has expired, or fails them after their last attempt; fails queued prompts that waited longer than
    /// they may; and cancels prompts whose client's lease has expired.
    /// </summary>
    /// <remarks>A lease that its holder renews does not expire when the wall clock is set; see <see cref="ClockReading"/>.</remarks>
    /// <param name="terms">The length of leases, and the limit of attempts.</param>
    /// <param name="connected">
    /// The ids of prompts whose clients are connected to this process: their leases are renewed first, however late that is.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether any prompt is queued afterwards, due or not.</returns>
    Task<bool> RecoverExpiredAsync(ClaimTerms terms, IReadOnlyCollection<Guid> connected, CancellationToken cancellationToken);
}
