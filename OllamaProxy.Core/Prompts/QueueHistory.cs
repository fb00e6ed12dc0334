namespace OllamaProxy.Prompts;

/// <summary>What happened in the queue lately, each list newest first and not longer than <see cref="MaxPrompts"/>.</summary>
/// <param name="Ended">The prompts that have ended.</param>
/// <param name="Waiting">When the queued prompts were submitted, of those that were submitted lately.</param>
/// <param name="Running">The prompts that are processing.</param>
public sealed record QueueHistory(IReadOnlyList<EndedPrompt> Ended, IReadOnlyList<DateTimeOffset> Waiting, IReadOnlyList<RunningPrompt> Running)
{
    /// <summary>How many prompts are looked at: enough for figures, and quick however many there are.</summary>
    public const int MaxPrompts = 10_000;
}
