namespace OllamaProxy.Prompts;

/// <summary>What there is to be run, and what runs: all that the choice of the next prompts needs of the store.</summary>
/// <param name="Queued">How many prompts are queued, due or not.</param>
/// <param name="Prompts">The first due prompts of the models that are offered, in the order of the queue.</param>
/// <param name="Running">The leases.</param>
/// <param name="IsPartial">Whether there are due prompts of models that are not offered.</param>
public sealed record QueueSnapshot(long Queued, IReadOnlyList<QueuedPrompt> Prompts, IReadOnlyList<RunningLease> Running, bool IsPartial = false);
