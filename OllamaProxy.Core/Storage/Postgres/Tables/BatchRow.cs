using Npgsql;
using OllamaProxy.Batches;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The tables <c>batches</c> and <c>batch_lines</c>.</summary>
internal static class BatchRow
{
    private const int Full = 3;
    private const int TooLate = 4;
    private const int OverLimit = 5;
    private const int Done = 0;

    private const string Columns =
        """
        id, seq, owner, account, api, endpoint, status, outcome, input_file, output_file, error_file, created_at, expires_at,
        in_progress_at, finalizing_at, cancelling_at, ended_at, model, metadata, errors, total, completed, failed, cancelled, expired,
        input_tokens, output_tokens, fed_bytes, fed_lines, runner, runner_until, callback_url, callback_events
        """;

    public static readonly string Open = $"SELECT {Columns} FROM {ProxySchema}.batches WHERE ended_at IS NULL ORDER BY seq";

    public static NpgsqlBatchCommand Add(NewBatch batch, DateTimeOffset now) => Call("add_batch",
        Of(batch.Id), Utf8(batch.Owner), Utf8(batch.Account), Word(BatchApiNames.Of(batch.Api)), Word(batch.Endpoint), Of(batch.InputFile),
        Of(now.ToUnixTimeMilliseconds()), Of((now + batch.ExpiresIn).ToUnixTimeMilliseconds()),
        Of((long?)batch.OutputLifetime?.TotalMilliseconds), Utf8(batch.Metadata), Of((long?)batch.Total), Of(batch.OwnsInput));

    public static NpgsqlBatchCommand Find(Guid id) => Statement($"SELECT {Columns} FROM {ProxySchema}.batches WHERE id = $1", Of(id));

    public static NpgsqlBatchCommand FindFile(Guid id) => Statement(
        $"SELECT {FileRow.Columns} FROM {ProxySchema}.files WHERE id = $1", Of(id));

    public static NpgsqlBatchCommand List(BatchQuery query)
    {
        var (comparison, order) = query.Before is not null ? (">", "ASC") : ("<", "DESC");
        var owned = query.Owner is null ? "$1::bytea IS NULL" : "owner = $1";
        return Statement(
            $"""
            SELECT {Columns} FROM {ProxySchema}.batches
            WHERE {owned} AND seq {comparison} $2 AND api = $3 ORDER BY seq {order} LIMIT $4
            """,
            Utf8(query.Owner), Of(query.Before ?? query.After ?? long.MaxValue), Word(BatchApiNames.Of(query.Api)), Of(query.Limit + 1));
    }

    public static NpgsqlBatchCommand Advance(Guid id, BatchAdvance advance, DateTimeOffset now) => Call("advance_batch",
        Of(id), Word(advance.From.Name()), Word(advance.To.Name()), Of(now.ToUnixTimeMilliseconds()), WordOrNull(advance.Outcome?.Name()),
        Of(advance.Total), Utf8(advance.Model), Utf8(advance.Errors));

    public static NpgsqlBatchCommand Feed(
        Batch batch, IReadOnlyList<BatchLine> lines, IReadOnlyList<Prompt> drafts, IReadOnlyList<IReadOnlyList<StagedText>> staged,
        BatchCursor next, long maxQueued)
    {
        var first = lines[0].Prompt;
        var texts = lines.Select(line => BytesOf(LongTextFormat.ColumnOf(line.Prompt.Text))).ToArray();
        var bodies = lines.Select(line => (byte[]?)LongTextFormat.ColumnOf(line.Prompt.Call!.Body).ToArray()).ToArray();
        var owned = staged.SelectMany((each, place) => each.Select(text => (text.Id, text.Kind, Place: place + 1))).ToList();
        var limits = first is { Owner: not null, Limits: { AreCounted: true } counted } ? counted : null;
        return Call("feed_batch",
            Of(drafts[0].CreatedAt), Of(batch.Id), Of((long?)batch.Cursor.Bytes), Of((long?)next.Bytes), Of((long?)maxQueued),
            Of(limits is null ? null : (long?[])
                [limits.RequestsPerMinute, limits.TokensPerMinute, limits.TokensPerDay, limits.MaxQueued]),
            Utf8(batch.Owner), Utf8(batch.Account), Utf8(batch.Endpoint), Utf8(first.Call!.Headers.ToJson()), Of((int?)first.Priority),
            Of((long[])[.. drafts.Select(draft => draft.Rank)]), Of([.. drafts.Select(draft => draft.Id)]),
            Of([.. lines.Select(line => BytesOf(line.Prompt.Model))]),
            Of(texts), Of((long[])[.. texts.Select(text => Checksum.Of(text))]),
            Of(bodies), Of((long[])[.. bodies.Select(body => Checksum.Of(body))]),
            Of((long[])[.. lines.Select(line => line.Number)]), Of([.. lines.Select(line => BytesOf(line.CustomId))]),
            Of((long[])[.. owned.Select(text => text.Id)]), Words([.. owned.Select(text => text.Kind)]),
            Of((int[])[.. owned.Select(text => text.Place)]));
    }

    /// <summary>Reads whether lines became prompts.</summary>
    /// <exception cref="QueueFullException">The queue has no room for all of them.</exception>
    /// <exception cref="OverLimitException">A limit of the owner would be exceeded.</exception>
    /// <exception cref="StoreException">A staged text was removed before it could be adopted.</exception>
    public static bool ReadFed(NpgsqlDataReader row, IReadOnlyList<BatchLine> lines, DateTimeOffset at, long maxQueued) =>
        row.GetInt32(0) switch
        {
            Full => throw new QueueFullException(lines.Count, row.GetInt64(1), maxQueued),
            TooLate => throw StoreMessages.TooLate(),
            OverLimit => throw new OverLimitException(lines[0].Prompt.Limits, PromptSubmits.UseOf(row, 2, at, lines.Count)!),
            Done => true,
            _ => false,
        };

    public static NpgsqlBatchCommand CountOpen(Batch batch) => Statement(
        $"SELECT count(*) FROM {ProxySchema}.batch_lines WHERE batch = $1 AND NOT has_ended", Of(batch.Seq));

    public static NpgsqlBatchCommand Ended(Batch batch, int limit) => Statement(
        $"""
        SELECT line, custom_id, prompts.id, status, error, prompt_eval_count, eval_count
        FROM {ProxySchema}.batch_lines LEFT JOIN {ProxySchema}.prompts USING (seq)
        WHERE batch_lines.batch = $1 AND has_ended ORDER BY line LIMIT $2
        """,
        Of(batch.Seq), Of((int?)limit));

    public static EndedLine ReadEnded(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.Utf8(1), row.UuidOrNull(2),
        row.IsDBNull(3) ? PromptStatus.Cancelled : PromptStatusNames.Parse(row.GetString(3)), row.TextOrNull(4),
        row.Int64OrNull(5) ?? 0, row.Int64OrNull(6) ?? 0);

    public static NpgsqlBatchCommand OpenPrompts(Batch batch, int limit) => Statement(
        $"""
        SELECT prompts.id FROM {ProxySchema}.batch_lines JOIN {ProxySchema}.prompts USING (seq)
        WHERE batch_lines.batch = $1 AND NOT has_ended ORDER BY line LIMIT $2
        """,
        Of(batch.Seq), Of((int?)limit));

    public static NpgsqlBatchCommand Collect(Batch batch, BatchCollection collection, DateTimeOffset now)
    {
        var added = collection.Added;
        return Call("collect_lines",
            Of(batch.Id), Of(now.ToUnixTimeMilliseconds()), Of((long[])[.. collection.Lines]), Of((long?)batch.Cursor.Bytes),
            Of(collection.Next?.Bytes), Of(collection.Next?.Lines), Of(collection.Output), Of(collection.Errors),
            Of((Guid?)Guid.CreateVersion7(now)), Utf8(BatchFiles.OutputName(batch.Id)),
            Of((Guid?)Guid.CreateVersion7(now)), Utf8(BatchFiles.ErrorName(batch.Id)),
            Of((long?)added.Completed), Of((long?)added.Failed), Of((long?)added.Cancelled), Of((long?)added.Expired),
            Of((long?)added.InputTokens), Of((long?)added.OutputTokens));
    }

    /// <summary>Reads whether lines were collected.</summary>
    /// <exception cref="StoreException">A staged text was removed before it could be adopted.</exception>
    public static bool ReadCollected(NpgsqlDataReader row) => row.GetInt32(0) switch
    {
        TooLate => throw StoreMessages.TooLate(),
        Done => true,
        _ => false,
    };

    public static Batch Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Seq = row.GetInt64(1),
        Owner = row.TextOrNull(2),
        Account = row.TextOrNull(3),
        Api = BatchApiNames.Parse(row.GetString(4)),
        Endpoint = row.GetString(5),
        Status = BatchStatusNames.Parse(row.GetString(6)),
        Outcome = row.IsDBNull(7) ? null : BatchStatusNames.Parse(row.GetString(7)),
        InputFile = row.GetGuid(8),
        OutputFile = row.UuidOrNull(9),
        ErrorFile = row.UuidOrNull(10),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(11)),
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(12)),
        InProgressAt = TimeOrNull(row, 13),
        FinalizingAt = TimeOrNull(row, 14),
        CancellingAt = TimeOrNull(row, 15),
        EndedAt = TimeOrNull(row, 16),
        Model = row.TextOrNull(17),
        Metadata = row.TextOrNull(18),
        Errors = row.TextOrNull(19),
        Counts = new(row.GetInt64(20), row.GetInt64(21), row.GetInt64(22), row.GetInt64(23), row.GetInt64(24), row.GetInt64(25),
            row.GetInt64(26)),
        Cursor = new(row.GetInt64(27), row.GetInt64(28)),
        Runner = row.UuidOrNull(29) is { } runner ? new(runner, DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(30))) : null,
        Callback = CallbackRow.Read(row, 31),
    };

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int column) =>
        row.Int64OrNull(column) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}
