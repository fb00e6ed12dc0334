using System.Text;

namespace OllamaProxy.Prompts;

/// <summary>A text that one appends to while many read it, each from where they are. Counted in UTF-16 characters, as .NET and browsers do.</summary>
public sealed class GrowingText
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();

    /// <summary>How long it is by now.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
                return _text.Length;
        }
    }

    /// <summary>What there is from an offset on, at most <paramref name="atMost"/> characters and no half of a character pair; empty past the end.</summary>
    public string Read(int offset, int atMost)
    {
        lock (_lock)
        {
            var length = Math.Clamp(_text.Length - offset, 0, atMost);
            if (length == 0)
                return "";
            var piece = _text.ToString(offset, length);
            return length == atMost && char.IsHighSurrogate(piece[^1]) ? piece[..^1] : piece;
        }
    }

    /// <summary>The whole of it by now.</summary>
    public override string ToString()
    {
        lock (_lock)
            return _text.ToString();
    }

    internal void Append(string? piece)
    {
        lock (_lock)
            _text.Append(piece);
    }
}
