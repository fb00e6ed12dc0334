namespace OllamaProxy.Prompts;

/// <summary>What became of a submission.</summary>
/// <param name="Prompt">The prompt that it queued, or that was there under its id or idempotency key.</param>
/// <param name="Outcome">Which of the two.</param>
public sealed record Submission(Prompt Prompt, SubmissionOutcome Outcome);
