using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>A call of one of Ollama's own routes, or of one that it has in common with OpenAI or Anthropic, kept as it came in.</summary>
/// <param name="Endpoint">The route, such as <c>/api/chat</c>.</param>
/// <param name="Query">The query behind it: empty, or with a question mark in front.</param>
/// <param name="Headers">The headers that go to Ollama with it.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record ApiCall(string Endpoint, string Query, HeaderList Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>Where the store holds a body that is so long that <see cref="Body"/> is empty; else null.</summary>
    public LongText? LongBody { get; init; }
}
