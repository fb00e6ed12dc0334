namespace OllamaProxy.Prompts;

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
