namespace OllamaProxy.Storage;

/// <summary>The store could not do what was asked, and changed nothing. The message is for people.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether it may pass by itself, so that asking again later is worth it.</summary>
    public bool IsTransient { get; init; } = true;

    /// <summary>Whether what is asked for is there, but is not what was stored.</summary>
    public bool IsDamage { get; init; }
}
