using System.Buffers;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Reads the texts and bodies of prompts in pieces: long ones from their parts, others, and all that older versions wrote, from their
/// columns. Each piece of a column is read by its own query, without the rest of the value.
/// </summary>
internal sealed class ResultTexts(SqlitePromptStore store, LongTextReader longTexts)
{
    private const int LongestPiece = 256 * 1024;

    private const string ResultQuery =
        """
        SELECT seq, updated_at, octet_length(result), octet_length(thinking),
            done_reason, total_duration, load_duration, prompt_eval_count, prompt_eval_duration, eval_count, eval_duration,
            result_checksum, thinking_checksum, iif(octet_length(thinking) > $max_short, NULL, thinking)
        FROM prompts WHERE id = $id AND result IS NOT NULL
        """;

    /// <summary>Reads the result, final or partial; null: there is none, or no such prompt.</summary>
    public StoredResult? FindResult(SqliteSession session, Guid id) => InSnapshot(session, () =>
    {
        using var row = session.Query(ResultQuery, ("$id", id.ToString()), ("$max_short", LongText.MaxShort));
        if (!row.Read())
            return null;
        // The thinking is sent after the text, when it would be too late to report that it is damaged.
        if (row.Int32OrNull(3) <= LongText.MaxShort)
            row.RefuseDamaged(13, 12, "thinking");
        var version = new RowVersion(row.Int64(0), row.Text(1));
        var texts = longTexts.Of(LongTexts.List(session, version.Seq));
        var statistics = StatisticsColumns.Read(4, row.TextOrNull, row.Int64OrNull);
        var text = texts.GetValueOrDefault(LongTextFormat.Result)
            ?? Column(version, "prompts", "result", row.Int32(2), row.Int64OrNull(11));
        var thinking = texts.GetValueOrDefault(LongTextFormat.Thinking)
            ?? (row.Int32OrNull(3) is { } length ? Column(version, "prompts", "thinking", length, row.Int64OrNull(12)) : null);
        return new StoredResult(statistics, text.Pieces, thinking?.Pieces);
    });

    /// <summary>Reads what the client submitted; null: there is no such prompt.</summary>
    public PromptContent? FindContent(SqliteSession session, Guid id) => InSnapshot(session, () =>
    {
        using var row = session.Query(
            """
            SELECT seq, timeout, octet_length(prompt), metadata, iif(octet_length(prompt) > $max_short, '', prompt), request,
                prompt_checksum, request_checksum, callback_url, callback_events
            FROM prompts WHERE id = $id
            """,
            ("$id", id.ToString()), ("$max_short", LongText.MaxShort));
        if (!row.Read())
            return null;
        var (seq, length) = (row.Int64(0), row.Int32(2));
        if (length <= LongText.MaxShort)
            row.RefuseDamaged(4, 6, "text");
        row.RefuseDamaged(5, 7, "request");
        var texts = longTexts.Of(LongTexts.List(session, seq));
        return new PromptContent(row.Text(4), row.BytesOrNull(3))
        {
            LongText = texts.GetValueOrDefault(LongTextFormat.Prompt)
                ?? (length > LongText.MaxShort ? Column(new(seq, null), "prompts", "prompt", length, row.Int64OrNull(6)) : null),
            Request = row.Bytes(5),
            LongRequest = texts.GetValueOrDefault(LongTextFormat.Request),
            Call = PromptCalls.Find(session, seq) is { } call
                ? call with { LongBody = texts.GetValueOrDefault(LongTextFormat.Call) } : null,
            Timeout = row.RealOrNull(1) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Callback = row.TextOrNull(8) is { } url ? new(url, row.TextOrNull(9) ?? "") : null,
        };
    });

    /// <summary>Reads Ollama's answer to a call; null: there is none, or no such prompt.</summary>
    public StoredResponse? FindResponse(SqliteSession session, Guid id) => InSnapshot(session, () =>
    {
        using var row = session.Query(
            """
            SELECT seq, updated_at, responses.status, headers, octet_length(body), checksum
            FROM prompts JOIN responses USING (seq) WHERE id = $id
            """, ("$id", id.ToString()));
        if (!row.Read())
            return null;
        var version = new RowVersion(row.Int64(0), row.Text(1));
        var body = longTexts.Of(LongTexts.List(session, version.Seq)).GetValueOrDefault(LongTextFormat.Response)
            ?? Column(version, "responses", "body", row.Int32(4), row.Int64OrNull(5));
        return new StoredResponse(row.Int32(2), HeaderList.Parse(row.Text(3)), body);
    });

    private static T? InSnapshot<T>(SqliteSession session, Func<T?> find) where T : class
    {
        var found = default(T);
        session.InSnapshot(() => found = find());
        return found;
    }

    private LongText Column(RowVersion version, string table, string column, int length, long? checksum) =>
        new(length, cancellationToken => ReadAsync(version, table, column, length, checksum, cancellationToken));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        RowVersion version, string table, string column, int length, long? checksum,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(Math.Min(length, LongestPiece));
        var read = Checksum.Begin();
        try
        {
            for (var offset = 0; offset < length; offset += piece.Length)
            {
                if (offset > 0)
                    await Task.Yield();
                var rest = piece.AsMemory(0, Math.Min(length - offset, piece.Length));
                await store.ReadAsync(session => ReadPiece(session, version, table, column, offset, rest.Span), cancellationToken);
                read.Append(rest.Span);
                // The last piece is not sent before the checksum of the whole text is verified.
                if (checksum is not null && offset + rest.Length == length && read.Value != checksum)
                    throw Checksum.Mismatch(column == "body" ? "response" : column == "prompt" ? "text" : column);
                yield return rest;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static bool ReadPiece(SqliteSession session, RowVersion version, string table, string column, int offset, Span<byte> piece)
    {
        session.Execute("BEGIN");
        try
        {
            var same = session.Number(
                "SELECT count(*) FROM prompts WHERE seq = $seq AND updated_at = coalesce($version, updated_at)",
                ("$seq", version.Seq), ("$version", version.UpdatedAt));
            if (same == 0)
                throw StoreMessages.ChangedWhileRead();
            session.ReadBlob(table, column, version.Seq, offset, piece);
            return true;
        }
        finally
        {
            session.Execute("ROLLBACK");
        }
    }

    /// <summary>The version of a row, to detect a change between queries for the same text.</summary>
    /// <param name="Seq">The number of the prompt.</param>
    /// <param name="UpdatedAt">When the row was last changed; null: changes do not concern the text.</param>
    private sealed record RowVersion(long Seq, string? UpdatedAt);
}
