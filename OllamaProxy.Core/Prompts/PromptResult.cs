using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>What a model made of a prompt. For one that failed mid-way, what had come until then.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Thinking">What the model thought before it answered; null where it said none of that.</param>
/// <param name="Statistics">Ollama's figures; empty for a result that is partial or was taken over.</param>
public sealed record PromptResult(string Text, string? Thinking, GenerationStatistics Statistics)
{
    /// <summary>Nothing came.</summary>
    public static PromptResult Empty { get; } = new("", null, GenerationStatistics.None);

    /// <summary>Ollama's answer to a call as it came; null: of a prompt that was submitted, or none came.</summary>
    public ApiResponse? Response { get; init; }

    /// <summary>Whether nothing at all came.</summary>
    public bool IsEmpty => !HasText && Response is null;

    /// <summary>Whether the model said or thought anything.</summary>
    public bool HasText => Text.Length > 0 || !string.IsNullOrEmpty(Thinking);
}
