namespace OllamaProxy.Prompts;

/// <summary>An attempt at a prompt, as it is shown to people.</summary>
/// <param name="Number">Its number, from 1. A retry by a client starts again at 1.</param>
/// <param name="Backend">The backend that ran it.</param>
/// <param name="StartedAt">When a worker claimed the prompt for it.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Error">Why it failed; null: it succeeded, or still runs.</param>
public sealed record AttemptRecord(int Number, string Backend, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Error);
