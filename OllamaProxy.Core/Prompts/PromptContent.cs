namespace OllamaProxy.Prompts;

/// <summary>What the client handed in with a prompt.</summary>
/// <param name="Text">The prompt's text.</param>
/// <param name="Metadata">The client's own JSON object in UTF-8, as it came; null: none.</param>
public sealed record PromptContent(string Text, ReadOnlyMemory<byte>? Metadata)
{
    /// <summary>The whole text where it is so long that <see cref="Text"/> is but its beginning; else null.</summary>
    public LongText? LongText { get; init; }
}
