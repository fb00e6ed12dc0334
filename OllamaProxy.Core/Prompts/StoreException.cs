namespace OllamaProxy.Prompts;

/// <summary>The store could not do what was asked, and changed nothing. The message is for people.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
