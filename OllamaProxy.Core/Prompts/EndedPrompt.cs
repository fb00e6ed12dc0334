namespace OllamaProxy.Prompts;

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
