namespace OllamaProxy.Protocol;

/// <summary>What a call asks a model for.</summary>
public enum CallKind
{
    /// <summary>A text that continues the prompt.</summary>
    Generate,

    /// <summary>The next message of a conversation.</summary>
    Chat,

    /// <summary>The vector that stands for a text.</summary>
    Embed,
}
