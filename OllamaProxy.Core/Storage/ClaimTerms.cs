namespace OllamaProxy.Storage;

/// <summary>On what terms a worker claims.</summary>
/// <param name="Concurrency">How many slots of the backend all workers on the store have together; at least 1. A lease takes one up, but see <see cref="PredecessorLease"/>.</param>
/// <param name="LeaseLength">How long a lease is good for, unless renewed.</param>
/// <param name="MaxAttempts">How many attempts a prompt may use up that does not say so itself; at least 1.</param>
/// <param name="Backend">The Ollama that will run what is claimed.</param>
public sealed record ClaimTerms(int Concurrency, TimeSpan LeaseLength, int MaxAttempts, string Backend)
{
    /// <summary>
    /// A lease of the worker's own, in whose slot the prompt will run once that one's attempt has ended; null: it needs a
    /// free slot. A lease that was given up already has none to share.
    /// </summary>
    public Lease? PredecessorLease { get; init; }

    /// <summary>Whether it takes a slot of the backend; not if it is claimed only to be ended.</summary>
    public bool TakesSlot { get; init; } = true;

    /// <summary>Who claims; null: somebody who need not be told from others.</summary>
    public Guid? Worker { get; init; }
}
