using System.Buffers;
using System.Text;
using OllamaProxy.Protocol;

namespace OllamaProxy.Worker.Attempts;

/// <summary>
/// Gives the response in an answer of <c>/v1/responses</c> an id of our own, wherever Ollama's stands in it. It works on the bytes as they
/// come, and holds back only what may be the beginning of an id.
/// </summary>
/// <param name="prompt">The prompt that the call has become.</param>
internal sealed class ResponseIdRewriter(Guid prompt)
{
    /// <summary>The longest id that is looked for, with its quotes.</summary>
    private const int MaxId = 64;

    private readonly byte[] _own = Encoding.ASCII.GetBytes($"\"{ResponseId.Of(prompt)}\"");
    private readonly ArrayBufferWriter<byte> _input = new();
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>Ollama's id, with its quotes: the first in the answer; null: it has not come yet.</summary>
    private byte[]? _ollamas;

    private static ReadOnlySpan<byte> Begin => "\"resp_"u8;

    /// <summary>What has come with the id rewritten, and without what is held back. It is valid until the next call.</summary>
    /// <param name="bytes">What has come next.</param>
    /// <param name="isLast">Whether that is all.</param>
    public ReadOnlySequence<byte> Rewrite(ReadOnlySequence<byte> bytes, bool isLast)
    {
        _output.ResetWrittenCount();
        foreach (var segment in bytes)
            _input.Write(segment.Span);
        var rest = _input.WrittenSpan;
        while (rest.IndexOf(Begin) is >= 0 and var at)
        {
            var length = rest[(at + 1)..].IndexOf((byte)'"') + 2;
            if (length < 2 && rest.Length - at < MaxId && !isLast)
                break; // Its end has yet to come.
            if (length is < 2 or > MaxId)
                length = Begin.Length;
            var id = rest.Slice(at, length);
            if (_ollamas is null && length > Begin.Length)
                _ollamas = id.ToArray();
            _output.Write(rest[..at]);
            _output.Write(id.SequenceEqual(_ollamas) ? _own : id);
            rest = rest[(at + length)..];
        }
        var held = isLast ? 0 : Held(rest);
        _output.Write(rest[..^held]);
        var kept = rest[^held..].ToArray();
        _input.ResetWrittenCount();
        _input.Write(kept);
        return new(_output.WrittenMemory);
    }

    /// <summary>How many bytes at the end may be the beginning of an id.</summary>
    private static int Held(ReadOnlySpan<byte> rest)
    {
        if (rest.IndexOf(Begin) is >= 0 and var at)
            return rest.Length - at;
        for (var length = Math.Min(Begin.Length - 1, rest.Length); length > 0; length--)
            if (Begin.StartsWith(rest[^length..]))
                return length;
        return 0;
    }
}
