namespace OllamaProxy.Prompts;

/// <summary>
/// Where prompts are kept. Every write is on disk when its task completes, and is whole or not there at all. Safe for
/// use by many threads, and by several processes on one store. Any method can throw a <see cref="StoreException"/>.
/// </summary>
public interface IPromptStore
{
    /// <summary>Queues a prompt and returns it with its new id.</summary>
    Task<Prompt> AddAsync(NewPrompt prompt, CancellationToken cancellationToken);

    /// <summary>The prompt, or null if there is none with this id.</summary>
    Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>What the client handed in, or null if there is no prompt with this id.</summary>
    Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// What has been generated: the result of a completed prompt, the partial one of another. Null if there is none, or
    /// no prompt with this id.
    /// </summary>
    Task<PromptResult?> FindResultAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>How many queued prompts run before this one.</summary>
    Task<long> CountAheadAsync(Prompt prompt, CancellationToken cancellationToken);

    /// <summary>Whether any prompt is queued, due or not.</summary>
    Task<bool> HasQueuedAsync(CancellationToken cancellationToken);

    /// <summary>A page of prompts, newest first.</summary>
    Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Claims the first due prompt, which starts an attempt; null if none is due or all leases are taken. First, prompts
    /// whose lease ran out are queued again, or fail where that was their last attempt.
    /// </summary>
    Task<ClaimedPrompt?> ClaimAsync(ClaimTerms terms, CancellationToken cancellationToken);

    /// <summary>Makes a lease good for another <paramref name="length"/> from now; false if it was lost.</summary>
    Task<bool> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Ends the prompt as completed; false, with nothing written, if the lease was lost.</summary>
    Task<bool> CompleteAsync(Lease lease, PromptResult result, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the prompt as failed, with what was generated until then; false, with nothing written, if the lease was lost.
    /// </summary>
    Task<bool> FailAsync(Lease lease, string error, PromptResult? partial, CancellationToken cancellationToken);

    /// <summary>Queues the prompt for another attempt, not before a time; false, with nothing written, if the lease was lost.</summary>
    Task<bool> RequeueAsync(Lease lease, string error, DateTimeOffset availableAt, CancellationToken cancellationToken);

    /// <summary>Hands the prompt back as if it had not been claimed: the attempt does not count. False if the lease was lost.</summary>
    Task<bool> ReleaseAsync(Lease lease, CancellationToken cancellationToken);
}
