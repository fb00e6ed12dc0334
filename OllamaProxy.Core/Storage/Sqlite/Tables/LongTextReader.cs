using System.Buffers;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Reads long texts in pieces, each with its own query: a slow client must not hold a snapshot, which would keep the write-ahead log from
/// being checkpointed.
/// </summary>
internal sealed class LongTextReader(SqlitePromptStore store)
{
    /// <summary>The long texts of a prompt, by their kinds.</summary>
    public IReadOnlyDictionary<string, LongText> Find(SqliteSession session, long seq) =>
        LongTexts.List(session, seq).ToDictionary(
            text => text.Kind,
            text => new LongText(text.Length, cancellationToken => ReadAsync(text.Id, text.Length, cancellationToken)));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        long text, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(LongTexts.PartLength);
        try
        {
            var (read, number) = (0L, 0);
            while (read < length)
            {
                // Let others run: many clients may read at once, each as fast as possible.
                await Task.Yield();
                var count = await store.ReadAsync(session => LongTexts.ReadPart(session, text, number, piece), cancellationToken);
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
