namespace OllamaProxy.Protocol;

/// <summary>What a prompt asks a model for.</summary>
public enum CallKind
{
    /// <summary>To go on with a text.</summary>
    Generate,

    /// <summary>The next message of a conversation.</summary>
    Chat,

    /// <summary>What a text is as a vector.</summary>
    Embed,
}
