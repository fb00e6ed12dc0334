namespace OllamaProxy.Ollama;

/// <summary>The answer of <c>/api/version</c>.</summary>
/// <param name="Version">Such as <c>0.33.0</c>.</param>
internal sealed record OllamaVersion(string? Version);
