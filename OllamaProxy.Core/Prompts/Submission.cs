namespace OllamaProxy.Prompts;

/// <summary>What became of a submission.</summary>
/// <param name="Prompt">The prompt that it queued, or that was there under its id or idempotency key.</param>
/// <param name="Outcome">Which of the two.</param>
public sealed record Submission(Prompt Prompt, SubmissionOutcome Outcome);

/// <summary>What became of a submission.</summary>
public enum SubmissionOutcome
{
    /// <summary>It is queued.</summary>
    Accepted,

    /// <summary>The same was submitted before; nothing was changed.</summary>
    Repeated,

    /// <summary>Something else was submitted before under this id or idempotency key; nothing was changed.</summary>
    Conflicting,
}
