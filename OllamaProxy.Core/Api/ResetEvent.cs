namespace OllamaProxy.Api;

/// <summary>Tells a client that what it has is void, because another attempt begins.</summary>
/// <param name="Attempt">The number of that attempt.</param>
public sealed record ResetEvent(int Attempt);
