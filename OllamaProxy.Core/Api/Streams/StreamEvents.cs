namespace OllamaProxy.Api.Streams;

/// <summary>A piece of what is generated, as clients see it; one of the two.</summary>
/// <param name="Text">Of the answer.</param>
/// <param name="Thinking">Of what the model thinks before it answers.</param>
public sealed record TokenEvent(string? Text = null, string? Thinking = null);

/// <summary>Tells a client that what it has is void, because another attempt begins.</summary>
/// <param name="Attempt">The number of that attempt.</param>
public sealed record ResetEvent(int Attempt);

/// <summary>Tells who watches the queue whether an Ollama server answers.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Reachable">Whether it answers.</param>
public sealed record BackendEvent(string Url, bool Reachable);
