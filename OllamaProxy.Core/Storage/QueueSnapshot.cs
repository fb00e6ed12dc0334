namespace OllamaProxy.Storage;

/// <summary>What there is to be run, and what runs: all that the choice of the next prompts needs of the store.</summary>
/// <param name="Queued">How many prompts are queued, due or not.</param>
/// <param name="Prompts">The first due prompts of the models that are offered, in the order of the queue.</param>
/// <param name="Running">The leases.</param>
/// <param name="IsPartial">Whether there are due prompts of models that are not offered.</param>
public sealed record QueueSnapshot(long Queued, IReadOnlyList<QueuedPrompt> Prompts, IReadOnlyList<RunningLease> Running, bool IsPartial = false);

/// <summary>A due prompt, as far as it matters for its turn.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Model">Its model; null: the default of whoever runs it, or none.</param>
/// <param name="Rank">Its place in the order of the queue.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="CreatedAt">When it was submitted.</param>
public sealed record QueuedPrompt(long Seq, string? Model, long Rank, int Priority, DateTimeOffset CreatedAt)
{
    /// <summary>By this the queue is ordered: of equal rank, as those of a batch are, who came first.</summary>
    public (long Rank, long Seq) Key => (Rank, Seq);
}

/// <summary>A lease, as far as it matters for others.</summary>
/// <param name="Worker">Who holds it; null: a worker of an older version.</param>
/// <param name="Slot">The same for leases that share a slot.</param>
/// <param name="Backend">The Ollama that runs the prompt.</param>
/// <param name="Model">The prompt's model.</param>
public sealed record RunningLease(Guid? Worker, string Slot, string Backend, string? Model);
