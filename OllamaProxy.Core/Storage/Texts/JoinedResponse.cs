using System.Buffers;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Texts;

/// <summary>Joins stored chunks of an answer, in their order, to one that begins at an offset.</summary>
/// <param name="after">The offset in the body, in bytes.</param>
internal sealed class JoinedResponse(int after)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private int _status;
    private string _headers = "";

    /// <summary>Whether more is to be joined: a chunk has about the length of a stored part.</summary>
    public bool HasRoom => _bytes.WrittenCount < LongTextFormat.PartLength;

    /// <summary>Appends a stored chunk.</summary>
    /// <param name="status">The HTTP status of the answer.</param>
    /// <param name="headers">Its headers, as JSON.</param>
    /// <param name="end">How many bytes of the body there are up to the end of the chunk.</param>
    /// <param name="bytes">The bytes of the chunk.</param>
    public void Append(int status, string headers, int end, ReadOnlyMemory<byte> bytes)
    {
        (_status, _headers) = (status, headers);
        var fresh = end - after - _bytes.WrittenCount;
        _bytes.Write(bytes.Span[^Math.Min(fresh, bytes.Length)..]);
    }

    /// <summary>All that was appended; null: nothing was.</summary>
    public ResponseChunk? ToChunk() =>
        _bytes.WrittenCount == 0 ? null : new(_status, HeaderList.Parse(_headers), after, _bytes.WrittenMemory);
}
