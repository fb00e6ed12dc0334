namespace OllamaProxy.Storage;

/// <summary>The conditions under which a worker claims a prompt.</summary>
/// <param name="Concurrency">
/// How many slots the backend has for all workers on the store together, at least 1. Each lease takes one, except with a
/// <see cref="PredecessorLease"/>.
/// </param>
/// <param name="LeaseLength">How long the lease lasts unless it is renewed.</param>
/// <param name="MaxAttempts">How many attempts a prompt may use up that does not set its own limit, at least 1.</param>
/// <param name="Backend">The backend that will run the prompt.</param>
public sealed record ClaimTerms(int Concurrency, TimeSpan LeaseLength, int MaxAttempts, string Backend)
{
    /// <summary>
    /// The worker's lease on the prompt that runs in the slot now, for a prompt that is claimed ahead and runs there next: both leases
    /// share the slot. Null, or a lease that is not held any more: the prompt needs a free slot.
    /// </summary>
    public Lease? PredecessorLease { get; init; }

    /// <summary>Whether the prompt takes a slot of the backend. It does not if it is claimed only to be ended.</summary>
    public bool TakesSlot { get; init; } = true;

    /// <summary>
    /// Called when a prompt that is being submitted has been claimed and nothing but the commit is left to do: until that has ended no
    /// other worker can take the slot. The commit can still fail. This must be quick and throw nothing. SQLite calls it, PostgreSQL does
    /// not. Null: nobody wants to know.
    /// </summary>
    public Action<ClaimedPrompt>? Committing { get; init; }

    /// <summary>The worker that claims; null: workers are not told apart.</summary>
    public Guid? Worker { get; init; }
}
