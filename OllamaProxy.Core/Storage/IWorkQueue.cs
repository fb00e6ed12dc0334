using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>What workers do with the queue: they look at it, claim prompts, keep their leases and settle attempts. Every write is on disk when its
/// task completes. Any method can throw a <see cref="StoreException"/>. Safe for many threads, and for workers of several processes.</summary>
public interface IWorkQueue
{
    /// <summary>What there is to be run, and what runs; what another process has done within <see cref="SnapshotTerms.Freshness"/> may not be in it.</summary>
    Task<QueueSnapshot> ReadSnapshotAsync(SnapshotTerms terms, CancellationToken cancellationToken);

    /// <summary>Claims a prompt, which starts an attempt. Null if it is not due any more, or the backend's slots are all taken.</summary>
    Task<ClaimedPrompt?> ClaimAsync(long seq, ClaimTerms terms, CancellationToken cancellationToken);

    /// <summary>What a lease is worth now.</summary>
    Task<LeaseState> GetLeaseStateAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>Makes a lease that is held good for another <paramref name="length"/> from now, and returns what it is worth.</summary>
    Task<LeaseState> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Renews a lease that is held, and keeps a part of what its attempt has generated, so that others can read it and little
    /// is lost with this process. The parts come in order and without gaps. Returns what the lease is worth.
    /// </summary>
    Task<LeaseState> AppendAsync(Lease lease, TextChunk chunk, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Settles an attempt: gives its lease up and writes how it ended. Where the lease is not held any more, nothing is written but, of a
    /// prompt that was cancelled meanwhile, what was generated until then.
    /// </summary>
    /// <param name="lease">The attempt's.</param>
    /// <param name="settlement">How it ended.</param>
    /// <param name="cancellationToken">Gives up, unless the write is under way.</param>
    /// <returns>Whether it was settled like that: true if the lease was held or, of a <see cref="Settlement.AcknowledgeCancel"/>, the prompt was cancelled.</returns>
    Task<bool> SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellationToken);

    /// <summary>
    /// Queues prompts again whose lease ran out, or fails them where that was their last attempt; fails queued ones that
    /// waited for longer than they may, and cancels those whose client was waiting on a connection that is not heard of any more.
    /// </summary>
    /// <remarks>A lease that its holder renews is good, also after the wall clock was set: see <see cref="ClockReading"/>.</remarks>
    /// <param name="terms">How long leases are, and how many attempts there are.</param>
    /// <param name="connected">The ids of prompts for which clients wait here: their connections are there, however late the last renewal was.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether any prompt is queued then, due or not.</returns>
    Task<bool> RecoverExpiredAsync(ClaimTerms terms, IReadOnlyCollection<Guid> connected, CancellationToken cancellationToken);
}
