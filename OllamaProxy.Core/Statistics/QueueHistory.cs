using OllamaProxy.Prompts;

namespace OllamaProxy.Statistics;

/// <summary>
/// What happened in the queue recently, each list newest first. A list that would become too long is cut, and then only covers a shorter
/// time.
/// </summary>
/// <param name="Ended">The prompts that have ended, at most <see cref="MaxPrompts"/>.</param>
/// <param name="Waiting">
/// When the prompts that are still queued were queued, of those queued recently, at most <see cref="MaxWaiting"/>.
/// </param>
/// <param name="Running">The prompts that are processing.</param>
public sealed record QueueHistory(
    IReadOnlyList<EndedPrompt> Ended, IReadOnlyList<DateTimeOffset> Waiting, IReadOnlyList<RunningPrompt> Running)
{
    /// <summary>How many ended prompts are read: enough for statistics, and fast however many there are.</summary>
    public const int MaxPrompts = 10_000;

    /// <summary>
    /// How many queued prompts are read: as many as <c>OLLAMA_PROXY_MAX_QUEUED</c> allows by default. Each costs less than one that has
    /// ended.
    /// </summary>
    public const int MaxWaiting = 100_000;

    /// <summary>How many prompts are queued.</summary>
    public long Queued { get; init; }

    /// <summary>The time from which on <see cref="Ended"/> is complete; null: it covers all the time that was asked for.</summary>
    public DateTimeOffset? EndedSince => Ended.Count < MaxPrompts ? null : Ended[^1].CompletedAt;

    /// <summary>The time from which on <see cref="Waiting"/> is complete; null: it covers all the time that was asked for.</summary>
    public DateTimeOffset? WaitingSince { get; init; }
}

/// <summary>The times of a prompt that has ended.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="StartedAt">When its last attempt was started; null: it had none.</param>
/// <param name="CompletedAt">When it ended.</param>
/// <param name="Tokens">How many tokens were generated; null: Ollama did not report it.</param>
public sealed record EndedPrompt(
    PromptStatus Status, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset CompletedAt, long? Tokens)
{
    /// <summary>When it was queued for its last attempt, or for the last time if it had none. Earlier waits are not known.</summary>
    public DateTimeOffset QueuedAt { get; init; } = CreatedAt;
}

/// <summary>A prompt that is processing.</summary>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="StartedAt">When its attempt was started.</param>
public sealed record RunningPrompt(DateTimeOffset CreatedAt, DateTimeOffset StartedAt)
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its model; null: the worker's default.</summary>
    public string? Model { get; init; }

    /// <summary>The name of the key that it came with; null: it came without one.</summary>
    public string? Owner { get; init; }

    /// <summary>The backend that it runs at; null: it has just ended there.</summary>
    public string? Backend { get; init; }

    /// <summary>The number of its attempt, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>When it was queued for its attempt. Earlier waits are not known.</summary>
    public DateTimeOffset QueuedAt { get; init; } = CreatedAt;
}
