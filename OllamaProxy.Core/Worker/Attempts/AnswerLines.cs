using System.Buffers;
using OllamaProxy.Live;
using OllamaProxy.Ollama;

namespace OllamaProxy.Worker.Attempts;

/// <summary>
/// Splits an answer into lines as it comes. An answer that the client gets as it came is kept whole, in its <see cref="ResponseBuffer"/>;
/// of any other only the line that has not ended is kept.
/// </summary>
/// <param name="response">Keeps the answer; null: it is not kept.</param>
internal sealed class AnswerLines(ResponseBuffer? response)
{
    private const int MiB = 1024 * 1024;

    /// <summary>The longest answer that is kept, in bytes. A longer one fails the attempt.</summary>
    private const int MaxLength = 256 * MiB;

    /// <summary>The longest line of an answer that is not kept.</summary>
    private const int MaxLineMiB = 32;

    private readonly ArrayBufferWriter<byte> _unread = new();
    private int _lineStart;
    private int _searched;

    /// <summary>What is kept of the answer.</summary>
    public ReadOnlyMemory<byte> Bytes => response?.Bytes ?? _unread.WrittenMemory;

    /// <summary>How many of <see cref="Bytes"/> have been read as lines.</summary>
    public int Position => _lineStart;

    /// <summary>The last line, where it has no end; empty: there is none.</summary>
    public ReadOnlyMemory<byte> Rest => Bytes[_lineStart..];

    /// <summary>Appends what has come. Lines that were read before are not valid any more.</summary>
    /// <exception cref="OllamaException">The answer is longer than it may be.</exception>
    public void Append(ReadOnlySequence<byte> bytes)
    {
        if (response is null)
            DropLinesRead();
        var length = Bytes.Length + bytes.Length;
        if (response is null ? length > MaxLineMiB * MiB && bytes.PositionOf((byte)'\n') is null : length > MaxLength)
            throw response is null
                ? new OllamaException(FailureKind.Transient, $"Ollama sent a line of more than {MaxLineMiB} MiB.")
                : new OllamaException(FailureKind.Permanent, $"The answer is longer than {MaxLength} bytes, and was cut off.");
        foreach (var segment in bytes)
        {
            if (response is not null)
                response.Append(segment.Span);
            else
                _unread.Write(segment.Span);
        }
    }

    /// <summary>Reads the next line, with its end. False: it has not ended yet.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        var length = Bytes.Span[_searched..].IndexOf((byte)'\n');
        if (length < 0)
        {
            (line, _searched) = (default, Bytes.Length);
            return false;
        }
        _searched += length + 1;
        line = Bytes[_lineStart.._searched];
        _lineStart = _searched;
        return true;
    }

    private void DropLinesRead()
    {
        if (_lineStart == 0)
            return;
        var rest = Rest;
        _unread.ResetWrittenCount();
        _unread.Write(rest.Span);
        _searched -= _lineStart;
        _lineStart = 0;
    }
}
