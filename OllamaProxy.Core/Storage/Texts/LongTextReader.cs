using System.Buffers;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Texts;

/// <summary>
/// Reads long texts in pieces, each by its own query: a slow client must not hold a snapshot open, which would keep the database from
/// reclaiming the space of deleted rows.
/// </summary>
/// <param name="readPart">Reads a part.</param>
internal sealed class LongTextReader(ReadPart readPart)
{
    /// <summary>The long texts of a prompt, by their kind.</summary>
    public IReadOnlyDictionary<string, LongText> Of(IEnumerable<(string Kind, long Id, long Length)> texts) => texts.ToDictionary(
        text => text.Kind, text => new LongText(text.Length, cancellationToken => ReadAsync(text.Id, text.Length, 0, cancellationToken)));

    /// <summary>Texts one behind the other, from an offset on. All parts of each but the last of it must have the full length.</summary>
    public LongText Join(IReadOnlyList<(long Id, long Length)> texts, long offset) => new(
        texts.Sum(text => text.Length) - offset, cancellationToken => ReadAsync(texts, offset, cancellationToken));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        IReadOnlyList<(long Id, long Length)> texts, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (id, length) in texts)
        {
            if (offset < length)
                await foreach (var piece in ReadAsync(id, length, offset, cancellationToken))
                    yield return piece;
            offset = Math.Max(0, offset - length);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        long text, long length, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(LongTextFormat.PartLength);
        try
        {
            var number = (int)(offset / LongTextFormat.PartLength);
            var read = (long)number * LongTextFormat.PartLength;
            while (read < length)
            {
                // Many may read at once, each as fast as it can. Yield, so that others get a turn in between.
                await Task.Yield();
                var count = await readPart(text, number, piece, cancellationToken);
                yield return piece.AsMemory(0, count)[(int)Math.Max(0, offset - read)..];
                (read, number) = (read + count, number + 1);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}

/// <summary>Reads a part of a long text.</summary>
/// <param name="text">The text.</param>
/// <param name="number">The part.</param>
/// <param name="piece">Receives the part; large enough for any.</param>
/// <param name="cancellationToken">Cancels the read.</param>
/// <returns>The length of the part.</returns>
/// <exception cref="StoreException">The text belongs to no prompt any more, or is damaged.</exception>
internal delegate Task<int> ReadPart(long text, int number, Memory<byte> piece, CancellationToken cancellationToken);
