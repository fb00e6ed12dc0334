namespace OllamaProxy.Api;

/// <summary>An error as Ollama tells it.</summary>
/// <param name="Error">What is wrong.</param>
public sealed record OllamaErrorResource(string Error);
