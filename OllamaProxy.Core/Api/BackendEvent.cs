namespace OllamaProxy.Api;

/// <summary>Tells who watches the queue whether an Ollama server answers.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Reachable">Whether it answers.</param>
public sealed record BackendEvent(string Url, bool Reachable);
