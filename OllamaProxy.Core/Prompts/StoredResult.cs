namespace OllamaProxy.Prompts;

/// <summary>What the store holds of a result, or of what had come of one.</summary>
/// <param name="Statistics">Ollama's figures.</param>
/// <param name="Text">The answer.</param>
/// <param name="Thinking">What the model thought before it answered; null where it said none of that.</param>
public sealed record StoredResult(GenerationStatistics Statistics, StoredText Text, StoredText? Thinking);
