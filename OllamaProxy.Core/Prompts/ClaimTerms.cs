namespace OllamaProxy.Prompts;

/// <summary>On what terms a worker claims.</summary>
/// <param name="Concurrency">How many leases may be held at once by all workers on the store together; at least 1.</param>
/// <param name="LeaseLength">How long a lease is good for, unless renewed.</param>
/// <param name="MaxAttempts">How many attempts a prompt may use up that does not say so itself; at least 1.</param>
/// <param name="Backend">The Ollama that will run what is claimed.</param>
public sealed record ClaimTerms(int Concurrency, TimeSpan LeaseLength, int MaxAttempts, string Backend);
