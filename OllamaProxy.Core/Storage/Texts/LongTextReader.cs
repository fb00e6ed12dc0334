using System.Buffers;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Texts;

/// <summary>
/// Reads long texts in pieces. Each is a query of its own: a client that is slow to take them must not hold a snapshot, which would keep
/// what is removed meanwhile from being cleared away.
/// </summary>
/// <param name="readPart">Reads a part.</param>
internal sealed class LongTextReader(ReadPart readPart)
{
    /// <summary>Long texts of a prompt, by what they are.</summary>
    public IReadOnlyDictionary<string, LongText> Of(IEnumerable<(string Kind, long Id, long Length)> texts) => texts.ToDictionary(
        text => text.Kind, text => new LongText(text.Length, cancellationToken => ReadAsync(text.Id, text.Length, cancellationToken)));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        long text, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(LongTextFormat.PartLength);
        try
        {
            var (read, number) = (0L, 0);
            while (read < length)
            {
                // Many may read at once, and each as fast as it can: everybody else has a turn in between.
                await Task.Yield();
                var count = await readPart(text, number, piece, cancellationToken);
                yield return piece.AsMemory(0, count);
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
/// <param name="piece">Where to; large enough for any part.</param>
/// <param name="cancellationToken">Gives up.</param>
/// <returns>Its length.</returns>
/// <exception cref="StoreException">It is not a prompt's any more, or damaged.</exception>
internal delegate Task<int> ReadPart(long text, int number, Memory<byte> piece, CancellationToken cancellationToken);
