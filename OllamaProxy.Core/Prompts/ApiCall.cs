using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>A call of one of Ollama's own routes, or of a compatible one of OpenAI or Anthropic, as it came in.</summary>
/// <param name="Endpoint">The route, such as <c>/api/chat</c>.</param>
/// <param name="Query">The query string, with its question mark; empty: there is none.</param>
/// <param name="Headers">The headers that are passed on to Ollama.</param>
/// <param name="Body">The body, byte for byte.</param>
public sealed record ApiCall(string Endpoint, string Query, HeaderList Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The body in the store, where it is so long that <see cref="Body"/> is left empty; otherwise null.</summary>
    public LongText? LongBody { get; init; }
}
