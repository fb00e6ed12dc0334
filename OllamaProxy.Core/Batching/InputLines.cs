using System.Runtime.CompilerServices;
using OllamaProxy.Batches;
using OllamaProxy.Prompts;

namespace OllamaProxy.Batching;

/// <summary>Reads the lines of an input without holding more than one of them. Blank lines are passed over, but counted.</summary>
internal sealed class InputLines(int maxLength)
{
    private const int SmallBuffer = 64 * 1024;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private byte[] _begun = new byte[SmallBuffer];
    private int _length;
    private bool _isTooLong;

    /// <summary>Reads lines.</summary>
    /// <param name="content">The input from the cursor on.</param>
    /// <param name="from">The cursor.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<InputLine> ReadAsync(
        LongText content, BatchCursor from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (number, offset) = (from.Lines, from.Bytes);
        await foreach (var piece in content.Pieces(cancellationToken))
        {
            var rest = piece;
            while (rest.Span.IndexOf((byte)'\n') is >= 0 and var end)
            {
                var line = Complete(rest[..end]);
                (number, offset, rest) = (number + 1, offset + end + 1, rest[(end + 1)..]);
                if (LineOf(line, number, offset) is { } found)
                    yield return found;
                Forget();
            }
            Keep(rest);
            offset += rest.Length;
        }
        if (LineOf(_begun.AsMemory(0, _length), number + 1, offset) is { } last)
            yield return last;
    }

    /// <summary>The line that ends with these bytes.</summary>
    private ReadOnlyMemory<byte> Complete(ReadOnlyMemory<byte> bytes)
    {
        if (_length == 0 && !_isTooLong && bytes.Length <= maxLength)
            return bytes;
        Keep(bytes);
        return _begun.AsMemory(0, _length);
    }

    private void Keep(ReadOnlyMemory<byte> bytes)
    {
        _isTooLong |= _length + bytes.Length > maxLength;
        if (_isTooLong)
        {
            _length = 0;
            return;
        }
        if (_length + bytes.Length > _begun.Length)
            Array.Resize(ref _begun, Math.Min(Math.Max(maxLength, SmallBuffer), Math.Max(2 * _begun.Length, _length + bytes.Length)));
        bytes.CopyTo(_begun.AsMemory(_length));
        _length += bytes.Length;
    }

    private void Forget()
    {
        (_length, _isTooLong) = (0, false);
        if (_begun.Length > SmallBuffer)
            _begun = new byte[SmallBuffer];
    }

    private InputLine? LineOf(ReadOnlyMemory<byte> bytes, long number, long end)
    {
        if (_isTooLong)
            return new(number, end, default);
        if (number == 1 && bytes.Span.StartsWith(ByteOrderMark))
            bytes = bytes[ByteOrderMark.Length..];
        return bytes.Span.IndexOfAnyExcept(" \t\r"u8) < 0 ? null : new(number, end, bytes);
    }
}

/// <summary>A line of an input.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="End">The offset behind it.</param>
/// <param name="Bytes">What is in it, until the next line is read; empty: it is too long.</param>
internal readonly record struct InputLine(long Number, long End, ReadOnlyMemory<byte> Bytes);
