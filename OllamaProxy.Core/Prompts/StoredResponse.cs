namespace OllamaProxy.Prompts;

/// <summary>Ollama's answer to a <see cref="PromptCall"/>, as the store holds it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers that go to the client with it.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record StoredResponse(int Status, HeaderList Headers, LongText Body);
