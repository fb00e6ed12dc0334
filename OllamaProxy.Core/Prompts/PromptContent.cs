namespace OllamaProxy.Prompts;

/// <summary>What the client handed in with a prompt.</summary>
/// <param name="Text">The prompt's text.</param>
/// <param name="Metadata">The client's own JSON object in UTF-8, as it came; null: none.</param>
public sealed record PromptContent(string Text, ReadOnlyMemory<byte>? Metadata)
{
    /// <summary>The whole text where it is so long that <see cref="Text"/> is but its beginning; else null.</summary>
    public LongText? LongText { get; init; }

    /// <summary>The other fields for Ollama; see <see cref="NewPrompt.Request"/>.</summary>
    public required ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The other fields where they are so long that <see cref="Request"/> is empty; else null.</summary>
    public LongText? LongRequest { get; init; }

    /// <summary>The call of Ollama's API that it is; null: it was submitted.</summary>
    public ApiCall? Call { get; init; }

    /// <summary>How long an attempt may take; null: what the settings say.</summary>
    public TimeSpan? Timeout { get; init; }
}
