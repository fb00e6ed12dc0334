using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>
/// The changes that clients make to prompts. Every change is atomic, and is on disk when its task completes. Any method can throw a
/// <see cref="StoreException"/>. Safe for many threads.
/// </summary>
public interface IPromptCommands
{
    /// <summary>
    /// Queues a prompt. If there is one with the same id or idempotency key, nothing is changed: equal fingerprints make this submission a
    /// repetition, others a conflict.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="maxQueued">How many prompts may be queued; 0: no limit.</param>
    /// <param name="terms">
    /// The conditions under which the prompt is claimed at once, provided that no other is queued and the backend has a free slot; null: it
    /// is queued in any case.
    /// </param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    /// <returns>The result of the submission and, if the prompt was claimed at once, the claim.</returns>
    /// <exception cref="QueueFullException">The queue has reached its limit.</exception>
    /// <exception cref="OverLimitException">Its owner has reached a limit.</exception>
    Task<(Submission Submission, ClaimedPrompt? Claimed)> AddAsync(
        NewPrompt prompt, long maxQueued, ClaimTerms? terms, CancellationToken cancellationToken);

    /// <summary>Queues prompts as one batch, all or none, in their order.</summary>
    /// <param name="batch">The batch's new id.</param>
    /// <param name="prompts">The prompts, of one owner if it has limits.</param>
    /// <param name="maxQueued">How many prompts may be queued, including these; 0: no limit.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    /// <exception cref="QueueFullException">The batch would exceed the limit of the queue.</exception>
    /// <exception cref="OverLimitException">The batch would exceed a limit of its owner.</exception>
    Task<IReadOnlyList<Prompt>> AddBatchAsync(
        Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued, CancellationToken cancellationToken);

    /// <summary>
    /// Cancels a prompt that has not ended; a worker that runs it learns of that from its lease. A prompt that has ended stays as it is.
    /// Null: there is no prompt with this id.
    /// </summary>
    Task<Prompt?> CancelAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Queues a failed or cancelled prompt again, at its old rank and with all its attempts.</summary>
    Task<ChangeResult> RetryAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Changes the priority of a queued prompt.</summary>
    Task<ChangeResult> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a prompt with everything that belongs to it, in any status; a worker that runs it learns of that from its lease. False:
    /// there is no prompt with this id.
    /// </summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Queues a prompt again whose client is still connected although <see cref="Prompt.IsAbandoned"/>, at its old rank and with a new
    /// lease for the client. The prompt stays as it is if it had been started by another worker than that of the connection, since that
    /// worker has stopped.
    /// </summary>
    /// <returns>The prompt after the change; null: there is no prompt with this id.</returns>
    Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken);

    /// <summary>
    /// Renews the leases of the clients of these prompts for another <paramref name="length"/> from now. Prompts that have ended have no
    /// such lease any more.
    /// </summary>
    Task RenewClientLeasesAsync(IReadOnlyCollection<Guid> ids, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Records that something is paused. It stays as it is if it is paused already.</summary>
    /// <param name="scope">What is paused.</param>
    /// <param name="name">The canonical name of the model, or the name of the backend; otherwise empty.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    Task PauseAsync(PauseScope scope, string name, CancellationToken cancellationToken);

    /// <summary>Removes the record of what <see cref="PauseAsync"/> paused, if there is one.</summary>
    Task ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken);
}
