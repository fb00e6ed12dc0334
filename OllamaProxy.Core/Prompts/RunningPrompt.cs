namespace OllamaProxy.Prompts;

/// <summary>When things happened to a prompt that is processing.</summary>
/// <param name="CreatedAt">When it was submitted.</param>
/// <param name="StartedAt">When its attempt was started.</param>
public sealed record RunningPrompt(DateTimeOffset CreatedAt, DateTimeOffset StartedAt)
{
    /// <summary>Since when it waited for that attempt. Of a prompt that was run before, only the last wait is known.</summary>
    public DateTimeOffset QueuedAt { get; init; } = CreatedAt;
}
