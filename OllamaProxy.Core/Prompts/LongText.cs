namespace OllamaProxy.Prompts;

/// <summary>A stored text or body that is too long to be held in memory for every reader.</summary>
/// <param name="Length">The length in bytes.</param>
/// <param name="Pieces">Reads the text in pieces, each at the same cost wherever in the text it is.</param>
public sealed record LongText(long Length, StoredText Pieces)
{
    /// <summary>A text of more characters, or a body of more bytes, is long.</summary>
    public const int MaxShort = 256 * 1024;

    /// <summary>Reads the whole text into memory. Callers must bound how many do so at once.</summary>
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
