namespace OllamaProxy.Prompts;

/// <summary>When things happened to a prompt that is processing.</summary>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="StartedAt">When its attempt was started.</param>
public sealed record RunningPrompt(DateTimeOffset CreatedAt, DateTimeOffset StartedAt);
