namespace OllamaProxy.Prompts;

/// <summary>The result of a submission.</summary>
/// <param name="Prompt">The prompt that was queued, or the earlier one with the same id or idempotency key.</param>
/// <param name="Outcome">Which of these it is.</param>
public sealed record Submission(Prompt Prompt, SubmissionOutcome Outcome)
{
    /// <summary>What its owner has used of their limits, this submission among it; null: it was not counted.</summary>
    public OwnerUse? Use { get; init; }
}

/// <summary>The outcome of a submission.</summary>
public enum SubmissionOutcome
{
    /// <summary>The prompt was queued.</summary>
    Accepted,

    /// <summary>The same was submitted before; nothing was changed.</summary>
    Repeated,

    /// <summary>Something else was submitted before with this id or idempotency key; nothing was changed.</summary>
    Conflicting,
}
