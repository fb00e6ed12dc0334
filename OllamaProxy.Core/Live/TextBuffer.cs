namespace OllamaProxy.Live;

/// <summary>
/// Append-only text buffer with one writer and many readers. A read costs the same at any offset. Offsets count UTF-16 characters, as .NET
/// and browsers do.
/// </summary>
public sealed class TextBuffer
{
    private const int BlockLength = 8 * 1024;
    private const int FirstLength = 256;

    private readonly Lock _lock = new();

    /// <summary>All of one length but for the first, which grows up to that: most texts are short.</summary>
    private readonly List<char[]> _blocks = [];
    private int _length;

    /// <summary>How long it is by now.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
                return _length;
        }
    }

    /// <summary>
    /// What there is from an offset on, at most <paramref name="maxLength"/> characters and no half of a character pair; empty past the
    /// end.
    /// </summary>
    public string Read(int offset, int maxLength)
    {
        lock (_lock)
        {
            var length = Math.Clamp(_length - offset, 0, maxLength);
            if (length == 0)
                return "";
            if (length == maxLength && char.IsHighSurrogate(At(offset + length - 1)))
                length--;
            return Copy(offset, length);
        }
    }

    /// <summary>The whole of it by now.</summary>
    public override string ToString()
    {
        lock (_lock)
            return Copy(0, _length);
    }

    internal void Append(string? piece)
    {
        lock (_lock)
        {
            for (var rest = piece.AsSpan(); rest.Length > 0;)
            {
                var room = Room(rest.Length);
                var part = rest[..Math.Min(rest.Length, room.Length)];
                part.CopyTo(room);
                _length += part.Length;
                rest = rest[part.Length..];
            }
        }
    }

    /// <summary>Where the next characters go: at least one, and as many as are wanted if the block has room.</summary>
    private Span<char> Room(int wanted)
    {
        var (block, start) = (_length / BlockLength, _length % BlockLength);
        if (block == _blocks.Count)
            _blocks.Add(new char[block == 0 ? Math.Clamp(wanted, FirstLength, BlockLength) : BlockLength]);
        if (start + wanted > _blocks[block].Length && _blocks[block].Length < BlockLength)
        {
            var grown = _blocks[block];
            Array.Resize(ref grown, Math.Clamp(start + wanted, Math.Min(2 * grown.Length, BlockLength), BlockLength));
            _blocks[block] = grown;
        }
        return _blocks[block].AsSpan(start);
    }

    private char At(int offset) => _blocks[offset / BlockLength][offset % BlockLength];

    private string Copy(int offset, int length) => string.Create(length, (_blocks, offset), static (target, source) =>
    {
        for (var at = source.offset; target.Length > 0;)
        {
            var block = source._blocks[at / BlockLength].AsSpan(at % BlockLength);
            var part = block[..Math.Min(block.Length, target.Length)];
            part.CopyTo(target);
            target = target[part.Length..];
            at += part.Length;
        }
    });
}
