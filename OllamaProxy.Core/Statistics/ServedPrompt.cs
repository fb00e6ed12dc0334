namespace OllamaProxy.Statistics;

/// <summary>What was served to an account with a prompt that has ended.</summary>
/// <param name="Account">The account; empty: nobody in particular.</param>
/// <param name="Model">The model; null: the worker's default.</param>
/// <param name="CreatedAt">When the prompt was submitted.</param>
/// <param name="StartedAt">When its last attempt was started.</param>
/// <param name="PromptTokens">How many tokens it had; null: Ollama did not report it.</param>
/// <param name="GeneratedTokens">How many tokens were generated; null: Ollama did not report it.</param>
public sealed record ServedPrompt(
    string Account, string? Model, DateTimeOffset CreatedAt, DateTimeOffset StartedAt, long? PromptTokens, long? GeneratedTokens)
{
    /// <summary>How many are read at most: enough for an hour of all but the shortest prompts.</summary>
    public const int MaxPrompts = 10_000;
}
