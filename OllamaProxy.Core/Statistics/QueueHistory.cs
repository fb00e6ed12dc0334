using OllamaProxy.Prompts;

namespace OllamaProxy.Statistics;

/// <summary>
/// What happened in the queue lately, each list newest first. A list that would be too long begins later; then what was before is not
/// known.
/// </summary>
/// <param name="Ended">The prompts that have ended; at most <see cref="MaxPrompts"/>.</param>
/// <param name="Waiting">Since when the queued prompts wait, of those that do so since lately; at most <see cref="MaxWaiting"/>.</param>
/// <param name="Running">The prompts that are processing.</param>
public sealed record QueueHistory(IReadOnlyList<EndedPrompt> Ended, IReadOnlyList<DateTimeOffset> Waiting, IReadOnlyList<RunningPrompt> Running)
{
    /// <summary>How many prompts that have ended are looked at: enough for figures, and quick however many there are.</summary>
    public const int MaxPrompts = 10_000;

    /// <summary>
    /// How many queued prompts are looked at: as many as <c>OLLAMA_PROXY_MAX_QUEUED</c> allows by default. Each costs less than one
    /// that has ended.
    /// </summary>
    public const int MaxWaiting = 100_000;

    /// <summary>How many prompts were queued at that moment.</summary>
    public long Queued { get; init; }

    /// <summary>Since when <see cref="Ended"/> holds all that ended; null: for as long as was asked for.</summary>
    public DateTimeOffset? EndedSince => Ended.Count < MaxPrompts ? null : Ended[^1].CompletedAt;

    /// <summary>Since when <see cref="Waiting"/> holds all that waits; null: for as long as was asked for.</summary>
    public DateTimeOffset? WaitingSince { get; init; }
}

/// <summary>When things happened to a prompt that has ended.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="StartedAt">When its last attempt was started; null: none was.</param>
/// <param name="CompletedAt">When it ended.</param>
/// <param name="Tokens">How many tokens were generated; null: Ollama did not say.</param>
public sealed record EndedPrompt(
    PromptStatus Status, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset CompletedAt, long? Tokens)
{
    /// <summary>
    /// Since when it waited for that attempt or, where it had none, until it ended. Of a prompt that was run before, only the last
    /// wait is known.
    /// </summary>
    public DateTimeOffset QueuedAt { get; init; } = CreatedAt;
}

/// <summary>When things happened to a prompt that is processing.</summary>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="StartedAt">When its attempt was started.</param>
public sealed record RunningPrompt(DateTimeOffset CreatedAt, DateTimeOffset StartedAt)
{
    /// <summary>Since when it waited for that attempt. Of a prompt that was run before, only the last wait is known.</summary>
    public DateTimeOffset QueuedAt { get; init; } = CreatedAt;
}
