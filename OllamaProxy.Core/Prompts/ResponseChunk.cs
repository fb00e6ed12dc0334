using OllamaProxy.Protocol;

namespace OllamaProxy.Prompts;

/// <summary>A part of Ollama's answer to a call that is still being received.</summary>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="Headers">The headers of the answer that are passed on to the client.</param>
/// <param name="Offset">How many bytes of the body come before it.</param>
/// <param name="Bytes">A part of the body.</param>
public sealed record ResponseChunk(int Status, HeaderList Headers, int Offset, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>How many bytes of the body there are up to its end.</summary>
    public int End => Offset + Bytes.Length;
}
