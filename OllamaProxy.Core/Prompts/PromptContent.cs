using OllamaProxy.Callbacks;

namespace OllamaProxy.Prompts;

/// <summary>What the client submitted with a prompt.</summary>
/// <param name="Text">The prompt's text.</param>
/// <param name="Metadata">The client's own JSON object in UTF-8, as it came; null: none.</param>
public sealed record PromptContent(string Text, ReadOnlyMemory<byte>? Metadata)
{
    /// <summary>The whole text in the store, where it is so long that <see cref="Text"/> is only its beginning; otherwise null.</summary>
    public LongText? LongText { get; init; }

    /// <summary>The other fields for Ollama; see <see cref="NewPrompt.Request"/>.</summary>
    public required ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The other fields in the store, where they are so long that <see cref="Request"/> is left empty; otherwise null.</summary>
    public LongText? LongRequest { get; init; }

    /// <summary>The call that came in; null: the prompt was submitted.</summary>
    public ApiCall? Call { get; init; }

    /// <summary>How long an attempt may take; null: as the settings say.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Where the client is told how it ends; null: nowhere.</summary>
    public Callback? Callback { get; init; }
}
