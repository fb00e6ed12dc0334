namespace OllamaProxy.Protocol;

/// <summary>Ollama's answer to a call.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers that go to the client with it.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record ApiResponse(int Status, HeaderList Headers, ReadOnlyMemory<byte> Body);
