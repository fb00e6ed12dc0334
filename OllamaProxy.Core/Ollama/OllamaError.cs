namespace OllamaProxy.Ollama;

/// <summary>The body of an error answer of Ollama's.</summary>
/// <param name="Error">What went wrong, in Ollama's words.</param>
internal sealed record OllamaError(string? Error);
