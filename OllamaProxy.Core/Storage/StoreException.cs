namespace OllamaProxy.Storage;

/// <summary>An operation of the store failed, and changed nothing. The message is shown to users.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the cause may pass, so that trying again later makes sense.</summary>
    public bool IsTransient { get; init; } = true;

    /// <summary>Whether the data were found, but differ from what was stored.</summary>
    public bool IsDamage { get; init; }
}
