using System.Buffers;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// Reads the texts of results in pieces. Each is a query of its own: a client that is slow to take them must not hold a
/// snapshot, which would keep the write-ahead log from being folded into the file.
/// </summary>
internal sealed class ResultTexts(SqlitePromptStore store)
{
    private const int LongestPiece = 256 * 1024;

    private const string Columns =
        "seq, updated_at, octet_length(result), octet_length(thinking), done_reason, total_duration, load_duration, prompt_eval_count, prompt_eval_duration, eval_count, eval_duration";

    /// <summary>The result, or what there is of one; null if there is none, or no such prompt.</summary>
    public Task<StoredResult?> FindAsync(Guid id, CancellationToken cancellationToken) => store.ReadAsync(session =>
    {
        using var row = session.Query($"SELECT {Columns} FROM prompts WHERE id = $id AND result IS NOT NULL", ("$id", id.ToString()));
        return row.Read() ? Read(row) : null;
    }, cancellationToken);

    private StoredResult Read(SqliteStatement row)
    {
        var (seq, version) = (row.Int64(0), row.Text(1));
        var statistics = new GenerationStatistics
        {
            DoneReason = row.TextOrNull(4),
            TotalDuration = row.Int64OrNull(5),
            LoadDuration = row.Int64OrNull(6),
            PromptEvalCount = row.Int64OrNull(7),
            PromptEvalDuration = row.Int64OrNull(8),
            EvalCount = row.Int64OrNull(9),
            EvalDuration = row.Int64OrNull(10),
        };
        StoredText TextOf(string column, int length) => cancellationToken => ReadAsync(seq, version, column, length, cancellationToken);
        return new(statistics, TextOf("result", row.Int32(2)), row.Int32OrNull(3) is { } length ? TextOf("thinking", length) : null);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        long seq, string version, string column, int length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(Math.Min(length, LongestPiece));
        try
        {
            for (var offset = 0; offset < length; offset += piece.Length)
            {
                var rest = piece.AsMemory(0, Math.Min(length - offset, piece.Length));
                await store.ReadAsync(session => ReadPiece(session, seq, version, column, offset, rest.Span), cancellationToken);
                yield return rest;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static bool ReadPiece(SqliteSession session, long seq, string version, string column, int offset, Span<byte> piece)
    {
        session.Execute("BEGIN");
        try
        {
            if (session.Number("SELECT count(*) FROM prompts WHERE seq = $seq AND updated_at = $version", ("$seq", seq), ("$version", version)) == 0)
                throw new StoreException("The prompt was changed or deleted while its result was being read.");
            session.ReadBlob("prompts", column, seq, offset, piece);
            return true;
        }
        finally
        {
            session.Execute("ROLLBACK");
        }
    }
}
