using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>What clients do to prompts. Every write is on disk when its task completes, and is whole or not there at all. Any method can throw a
/// <see cref="StoreException"/>. Safe for many threads.</summary>
public interface IPromptCommands
{
    /// <summary>
    /// Queues a prompt, unless one is there under its own id or idempotency key: that is a repetition where the
    /// fingerprints agree, and a conflict where not.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="maxQueued">How many prompts may be queued; 0: no limit.</param>
    /// <param name="terms">On what terms it is claimed at once, if no other is queued and the backend has a slot; null: it is queued.</param>
    /// <param name="cancellationToken">Gives up, unless the write is under way.</param>
    /// <returns>What became of it and, where it was claimed at once, the claim.</returns>
    /// <exception cref="QueueFullException">As many are queued as may be.</exception>
    Task<(Submission Submission, ClaimedPrompt? Claimed)> AddAsync(NewPrompt prompt, long maxQueued, ClaimTerms? terms, CancellationToken cancellationToken);

    /// <summary>Queues prompts as one batch, all or none, in their order.</summary>
    /// <param name="batch">The batch's new id.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="maxQueued">How many prompts may be queued, these among them; 0: no limit.</param>
    /// <param name="cancellationToken">Gives up, unless the write is under way.</param>
    /// <exception cref="QueueFullException">With them, more would be queued than may be.</exception>
    Task<IReadOnlyList<Prompt>> AddBatchAsync(Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a prompt that has not ended as cancelled; its worker learns of it from its lease. What has ended stays as it
    /// is. Null if there is no prompt with this id.
    /// </summary>
    Task<Prompt?> CancelAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Queues a prompt again that failed or was cancelled, at its old rank, with all its attempts to use up anew.</summary>
    Task<ChangeResult> RetryAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Gives a queued prompt another priority.</summary>
    Task<ChangeResult> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken);

    /// <summary>Removes a prompt with all that belongs to it, in whatever status; its worker learns of it from its lease. False if there is none with this id.</summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Asks again for a prompt that <see cref="Prompt.IsAbandoned"/> though its client is there: queues it at its old rank, with a lease of
    /// its connection. It stays as it is where another than the connection's worker had begun it, who has stopped since.
    /// </summary>
    /// <returns>The prompt as it is then; null if there is none with this id.</returns>
    Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken);

    /// <summary>Makes the leases of connections on these prompts good for another <paramref name="length"/> from now. Those of prompts that have ended are gone.</summary>
    Task RenewClientLeasesAsync(IReadOnlyCollection<Guid> ids, TimeSpan length, CancellationToken cancellationToken);
}
