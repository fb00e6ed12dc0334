namespace OllamaProxy.Prompts;

/// <summary>An attempt at a prompt, kept for people to look at.</summary>
/// <param name="Number">Its number, from 1; counted anew after a retry that a client asked for.</param>
/// <param name="Backend">The Ollama that ran it.</param>
/// <param name="StartedAt">When it was claimed.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Error">Why it failed; null if it did not, or runs.</param>
public sealed record AttemptRecord(int Number, string Backend, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Error);
