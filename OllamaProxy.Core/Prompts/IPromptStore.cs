namespace OllamaProxy.Prompts;

/// <summary>
/// Where prompts are kept. Every write is on disk when its task completes, and is whole or not there at all. Safe for
/// use by many threads, and by several processes on one store. Any method can throw a <see cref="StoreException"/>.
/// </summary>
public interface IPromptStore
{
    /// <summary>
    /// Queues a prompt, unless one is there under its own id or idempotency key: that is a repetition where the
    /// fingerprints agree, and a conflict where not.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="maxQueued">How many prompts may be queued; 0: no limit.</param>
    /// <param name="cancellationToken">Gives up, unless the write is under way.</param>
    /// <exception cref="QueueFullException">As many are queued as may be.</exception>
    Task<Submission> AddAsync(NewPrompt prompt, long maxQueued, CancellationToken cancellationToken);

    /// <summary>Queues prompts as one batch, all or none, in their order.</summary>
    /// <param name="batch">The batch's new id.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="maxQueued">How many prompts may be queued, these among them; 0: no limit.</param>
    /// <param name="cancellationToken">Gives up, unless the write is under way.</param>
    /// <exception cref="QueueFullException">With them, more would be queued than may be.</exception>
    Task<IReadOnlyList<Prompt>> AddBatchAsync(Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued, CancellationToken cancellationToken);

    /// <summary>The prompt, or null if there is none with this id.</summary>
    Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>What the client handed in, or null if there is no prompt with this id.</summary>
    Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// What has been generated: the result of a completed prompt, the partial one of another. Null if there is none, or
    /// no prompt with this id.
    /// </summary>
    Task<StoredResult?> FindResultAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The attempts at a prompt, oldest first; empty if there is none, or no prompt with this id.</summary>
    Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>How many queued prompts run before this one.</summary>
    Task<long> CountAheadAsync(Prompt prompt, CancellationToken cancellationToken);

    /// <summary>How many prompts have each status; those that none has may be left out.</summary>
    /// <param name="batch">Of this batch alone; null: of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(Guid? batch, CancellationToken cancellationToken);

    /// <summary>A page of prompts, newest first.</summary>
    Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a prompt that has not ended as cancelled; its worker learns of it from its lease. What has ended stays as it
    /// is. Null if there is no prompt with this id.
    /// </summary>
    Task<Prompt?> CancelAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Queues a prompt again that failed or was cancelled, at its old rank, with all its attempts to use up anew.</summary>
    Task<Change> RetryAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Gives a queued prompt another priority.</summary>
    Task<Change> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken);

    /// <summary>Removes a prompt with all that belongs to it, in whatever status; its worker learns of it from its lease. False if there is none with this id.</summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Removes prompts that ended before a time, the oldest first. Returns how many it removed: fewer than
    /// <paramref name="limit"/> means that no more are there.
    /// </summary>
    Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken);

    /// <summary>Gives some of the room back to the system that removed prompts have left, and returns whether there is more.</summary>
    Task<bool> ShrinkAsync(CancellationToken cancellationToken);

    /// <summary>How long the attempts took on average that succeeded lately, in whatever process; null: none did.</summary>
    Task<TimeSpan?> MeanRunAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Queues prompts again whose lease ran out, or fails them where that was their last attempt; fails queued ones that
    /// waited for longer than they may.
    /// </summary>
    /// <returns>Whether any prompt is queued then, due or not.</returns>
    Task<bool> SweepAsync(ClaimTerms terms, CancellationToken cancellationToken);

    /// <summary>
    /// Sweeps, and claims the first due prompt, which starts an attempt. Null if none is due, or all leases are taken.
    /// </summary>
    Task<ClaimedPrompt?> ClaimAsync(ClaimTerms terms, CancellationToken cancellationToken);

    /// <summary>What a lease is worth now.</summary>
    Task<LeaseState> LookAtAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>Makes a lease that is held good for another <paramref name="length"/> from now, and returns what it is worth.</summary>
    Task<LeaseState> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken);

    // The last that a worker writes of an attempt. Each gives the lease up, and is false unless it was held: then nothing is
    // written but, of a prompt that was cancelled meanwhile, what was generated until then.

    /// <summary>Ends the prompt as completed.</summary>
    Task<bool> CompleteAsync(Lease lease, PromptResult result, CancellationToken cancellationToken);

    /// <summary>Ends the prompt as failed, with what was generated until then.</summary>
    Task<bool> FailAsync(Lease lease, string error, PromptResult? partial, CancellationToken cancellationToken);

    /// <summary>Queues the prompt for another attempt, not before a time.</summary>
    Task<bool> RequeueAsync(Lease lease, string error, PromptResult? partial, DateTimeOffset availableAt, CancellationToken cancellationToken);

    /// <summary>Hands the prompt back as if it had not been claimed: the attempt does not count.</summary>
    Task<bool> ReleaseAsync(Lease lease, PromptResult? partial, CancellationToken cancellationToken);

    /// <summary>Gives up the lease of a prompt that was cancelled, with what was generated until then; false if it was not.</summary>
    Task<bool> StopAsync(Lease lease, PromptResult? partial, CancellationToken cancellationToken);
}
