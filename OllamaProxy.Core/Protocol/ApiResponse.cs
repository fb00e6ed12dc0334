namespace OllamaProxy.Protocol;

/// <summary>Ollama's answer to a call, as it arrived.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers that are passed on to the client.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record ApiResponse(int Status, HeaderList Headers, ReadOnlyMemory<byte> Body);
