using System.Runtime.CompilerServices;
using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>
/// Reads the texts and bodies of prompts: long ones from their parts, others from their columns. A column that is not short is read only
/// when it is enumerated, so that no more than one of them is in memory at a time.
/// </summary>
internal sealed class PromptResults(PostgresReaders readers, LongTextReader longTexts)
{
    /// <summary>A column of at most so many bytes is read with the rest of its row.</summary>
    private const int MaxInline = 32 * 1024;

    private const string Texts =
        $"""
        (SELECT array_agg(texts.id) FROM {ProxySchema}.texts WHERE texts.seq = prompts.seq),
        (SELECT array_agg(texts.kind) FROM {ProxySchema}.texts WHERE texts.seq = prompts.seq),
        (SELECT array_agg(texts.length) FROM {ProxySchema}.texts WHERE texts.seq = prompts.seq)
        """;

    private static readonly string ResultQuery =
        $"""
        SELECT seq, updated_at, {Texts}, {ColumnOf("result", "result_checksum")}, {ColumnOf("thinking", "thinking_checksum")},
            done_reason, total_duration, load_duration, results.prompt_eval_count, prompt_eval_duration, results.eval_count, eval_duration
        FROM {ProxySchema}.prompts JOIN {ProxySchema}.results USING (seq) WHERE id = $1
        """;

    private static readonly string ContentQuery =
        $"""
        SELECT seq, updated_at, {Texts}, prompt, prompt_checksum, request, request_checksum, metadata, timeout,
            endpoint, query, headers, body, checksum, callback_url, callback_events
        FROM {ProxySchema}.prompts JOIN {ProxySchema}.payloads USING (seq) LEFT JOIN {ProxySchema}.calls USING (seq) WHERE id = $1
        """;

    private static readonly string ResponseQuery =
        $"""
        SELECT seq, updated_at, {Texts}, {ColumnOf("body", "checksum")}, responses.status, headers
        FROM {ProxySchema}.prompts JOIN {ProxySchema}.responses USING (seq) WHERE id = $1
        """;

    /// <summary>Reads the result, final or partial; null: there is none, or no such prompt.</summary>
    public Task<StoredResult?> FindResultAsync(Guid id, CancellationToken cancellationToken) =>
        readers.FirstAsync(Statement(ResultQuery, Of(id)), row =>
    {
        var (version, texts) = (new RowVersion(row.GetInt64(0), row.Time(1)), TextsOf(row));
        var statistics = StatisticsColumns.Read(11, row.TextOrNull, row.Int64OrNull);
        var text = texts.GetValueOrDefault(LongTextFormat.Result) ?? Column(row, 5, version, "results", "result", "result");
        var thinking = texts.GetValueOrDefault(LongTextFormat.Thinking)
            ?? (row.IsDBNull(8) ? null : Column(row, 8, version, "results", "thinking", "thinking"));
        return new StoredResult(statistics, text.Pieces, thinking?.Pieces);
    }, cancellationToken);

    /// <summary>Reads what the client submitted; null: there is no such prompt.</summary>
    public Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken) =>
        readers.FirstAsync(Statement(ContentQuery, Of(id)), row =>
    {
        var texts = TextsOf(row);
        RefuseDamaged(row.Bytes(5), row.Int64OrNull(6), "text");
        RefuseDamaged(row.Bytes(7), row.Int64OrNull(8), "request");
        if (row.BytesOrNull(14) is { } body)
            RefuseDamaged(body, row.Int64OrNull(15), "call");
        return new PromptContent(row.Utf8(5), row.BytesOrNull(9) is { } metadata ? metadata : default(ReadOnlyMemory<byte>?))
        {
            LongText = texts.GetValueOrDefault(LongTextFormat.Prompt),
            Request = row.Bytes(7),
            LongRequest = texts.GetValueOrDefault(LongTextFormat.Request),
            Call = row.IsDBNull(14) ? null : new(row.Utf8(11), row.Utf8(12), HeaderList.Parse(row.Utf8(13)), row.Bytes(14))
            {
                LongBody = texts.GetValueOrDefault(LongTextFormat.Call),
            },
            Timeout = row.RealOrNull(10) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Callback = CallbackRow.Read(row, 16),
        };
    }, cancellationToken);

    /// <summary>Reads Ollama's answer to a call; null: there is none, or no such prompt.</summary>
    public Task<StoredResponse?> FindResponseAsync(Guid id, CancellationToken cancellationToken) =>
        readers.FirstAsync(Statement(ResponseQuery, Of(id)), row =>
    {
        var version = new RowVersion(row.GetInt64(0), row.Time(1));
        var body = TextsOf(row).GetValueOrDefault(LongTextFormat.Response) ?? Column(row, 5, version, "responses", "body", "response");
        return new StoredResponse(row.GetInt32(8), HeaderList.Parse(row.Utf8(9)), body);
    }, cancellationToken);

    /// <summary>Reads a part of a long text, and returns its length.</summary>
    public static async Task<int> ReadPartAsync(
        PostgresReaders readers, long text, int number, Memory<byte> piece, CancellationToken cancellationToken)
    {
        var part = await readers.FirstAsync(Statement(
            $"""
            SELECT bytes, checksum FROM {ProxySchema}.parts
            WHERE text = $1 AND number = $2 AND (SELECT coalesce(seq, file) FROM {ProxySchema}.texts WHERE id = $1) IS NOT NULL
            """,
            Of(text), Of(number)), row => (Bytes: row.Bytes(0), Checksum: row.Int64OrNull(1)), cancellationToken);
        if (part.Bytes is null)
            throw StoreMessages.ChangedWhileRead();
        RefuseDamaged(part.Bytes, part.Checksum, "text");
        part.Bytes.CopyTo(piece);
        return part.Bytes.Length;
    }

    /// <summary>Three columns of a query: the length, the bytes if they are few, and the checksum.</summary>
    private static string ColumnOf(string column, string checksum) =>
        $"octet_length({column}), CASE WHEN octet_length({column}) <= {MaxInline} THEN {column} END, {checksum}";

    private LongText Column(NpgsqlDataReader row, int at, RowVersion version, string table, string column, string what)
    {
        var (length, bytes, checksum) = (row.GetInt32(at), row.BytesOrNull(at + 1), row.Int64OrNull(at + 2));
        if (bytes is not null)
            RefuseDamaged(bytes, checksum, what);
        return new(length, cancellationToken => ReadAsync(version, table, column, bytes, checksum, what, cancellationToken));
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        RowVersion version, string table, string column, byte[]? bytes, long? checksum, string what,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (bytes is null)
        {
            bytes = await readers.FirstAsync(Statement(
                $"SELECT {column} FROM {ProxySchema}.{table} JOIN {ProxySchema}.prompts USING (seq) WHERE seq = $1 AND updated_at = $2",
                Of(version.Seq), Of(version.UpdatedAt)), row => row.Bytes(0), cancellationToken) ?? throw StoreMessages.ChangedWhileRead();
            RefuseDamaged(bytes, checksum, what);
        }
        if (bytes.Length > 0)
            yield return bytes;
    }

    private IReadOnlyDictionary<string, LongText> TextsOf(NpgsqlDataReader row) => row.IsDBNull(2) ? longTexts.Of([]) : longTexts.Of(
        row.GetFieldValue<long[]>(2).Zip(row.GetFieldValue<string[]>(3), row.GetFieldValue<long[]>(4)).Select(text =>
            (text.Second, text.First, text.Third)));

    private static void RefuseDamaged(byte[] bytes, long? checksum, string what)
    {
        if (checksum is not null && Checksum.Of(bytes) != checksum)
            throw Checksum.Mismatch(what);
    }

    /// <summary>The version of a row, to detect a change between queries for the same text.</summary>
    private sealed record RowVersion(long Seq, DateTimeOffset UpdatedAt);
}
