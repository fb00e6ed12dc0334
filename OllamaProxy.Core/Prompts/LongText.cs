namespace OllamaProxy.Prompts;

/// <summary>A text or body in the store that is too long to be held by everyone who asks for it.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Pieces">Reads it, piece by piece, each at the same cost wherever it is.</param>
public sealed record LongText(long Length, StoredText Pieces)
{
    /// <summary>A text of more characters, or a body of more bytes, is long.</summary>
    public const int MaxShort = 256 * 1024;

    /// <summary>All of it, for whoever cannot do with pieces: see to it that few are read so at once.</summary>
    public async Task<byte[]> ReadWholeAsync(CancellationToken cancellationToken)
    {
        var whole = new byte[Length];
        var read = 0;
        await foreach (var piece in Pieces(cancellationToken))
        {
            piece.CopyTo(whole.AsMemory(read));
            read += piece.Length;
        }
        return whole;
    }
}
