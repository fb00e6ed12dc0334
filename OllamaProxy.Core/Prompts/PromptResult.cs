using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>The output of a model for a prompt. For a prompt that failed or was cancelled, what had been generated until then.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Thinking">What the model thought before it answered; null: it did not say any of it.</param>
/// <param name="Statistics">Ollama's figures; empty for a partial or imported result.</param>
public sealed record PromptResult(string Text, string? Thinking, GenerationStatistics Statistics)
{
    /// <summary>The result of an attempt that generated nothing.</summary>
    public static PromptResult Empty { get; } = new("", null, GenerationStatistics.None);

    /// <summary>Ollama's answer to a call, as it came; null: the prompt was submitted, or no answer came.</summary>
    public ApiResponse? Response { get; init; }

    /// <summary>See <see cref="Prompt.TruncatedTo"/>.</summary>
    public long? TruncatedTo { get; init; }

    /// <summary>Whether there is neither a text nor an answer to a call.</summary>
    public bool IsEmpty => !HasText && Response is null;

    /// <summary>Whether the model generated any text or thinking.</summary>
    public bool HasText => Text.Length > 0 || !string.IsNullOrEmpty(Thinking);
}
