using OllamaProxy.Batches;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>batches</c>. The methods that write run within a transaction of the writer.</summary>
internal static class BatchTable
{
    private const string Columns =
        """
        id, seq, owner, account, api, endpoint, status, outcome, input_file, output_file, error_file, created_at, expires_at,
        in_progress_at, finalizing_at, cancelling_at, ended_at, model, metadata, errors, total, completed, failed, cancelled, expired,
        input_tokens, output_tokens, fed_bytes, fed_lines, runner, runner_until, callback_url, callback_events
        """;

    public static Batch? Add(SqliteSession session, NewBatch batch, DateTimeOffset now)
    {
        session.Execute(
            """
            INSERT INTO batches (
                id, owner, account, api, endpoint, status, input_file, created_at, expires_at, output_lifetime, metadata, total,
                callback_url, callback_events)
            SELECT $id, $owner, $account, $api, $endpoint, 'validating', $input_file, $created_at, $expires_at, $lifetime, $metadata,
                $total, $callback_url, $callback_events
            WHERE EXISTS (SELECT 1 FROM files WHERE id = $input_file AND batch IS NULL)
            """,
            ("$id", batch.Id.ToString()), ("$owner", batch.Owner), ("$account", batch.Account), ("$api", BatchApiNames.Of(batch.Api)),
            ("$endpoint", batch.Endpoint), ("$input_file", batch.InputFile.ToString()), ("$created_at", now.ToUnixTimeMilliseconds()),
            ("$expires_at", (now + batch.ExpiresIn).ToUnixTimeMilliseconds()),
            ("$lifetime", (long?)batch.OutputLifetime?.TotalMilliseconds), ("$metadata", batch.Metadata),
            ("$total", batch.Total), ("$callback_url", batch.Callback?.Url), ("$callback_events", batch.Callback?.Events));
        if (batch.OwnsInput)
            session.Execute("UPDATE files SET batch = $id, expires_at = NULL WHERE id = $input_file AND batch IS NULL",
                ("$id", batch.Id.ToString()), ("$input_file", batch.InputFile.ToString()));
        return Find(session, batch.Id);
    }

    public static Batch? Find(SqliteSession session, Guid id)
    {
        using var row = session.Query($"SELECT {Columns} FROM batches WHERE id = $id", ("$id", id.ToString()));
        return row.Read() ? Read(row) : null;
    }

    public static BatchPage List(SqliteSession session, BatchQuery query)
    {
        var isBackwards = query.Before is not null;
        var (comparison, order) = isBackwards ? (">", "ASC") : ("<", "DESC");
        var owned = query.Owner is null ? "" : "owner = $owner AND ";
        using var row = session.Query(
            $"""
            SELECT {Columns} FROM batches WHERE {owned}seq {comparison} $seq AND api = $api ORDER BY seq {order} LIMIT $limit
            """,
            ("$owner", query.Owner), ("$seq", query.Before ?? query.After ?? long.MaxValue), ("$api", BatchApiNames.Of(query.Api)),
            ("$limit", query.Limit + 1));
        return BatchApiNames.PageOf(ReadAll(row), query);
    }

    public static IReadOnlyList<Batch> ListOpen(SqliteSession session)
    {
        using var row = session.Query($"SELECT {Columns} FROM batches WHERE ended_at IS NULL ORDER BY seq");
        return ReadAll(row);
    }

    public static bool Take(SqliteSession session, Guid id, Guid runner, DateTimeOffset now, TimeSpan length) => session.Execute(
        """
        UPDATE batches SET runner = $runner, runner_until = $until
        WHERE id = $id AND ended_at IS NULL AND (runner = $runner OR runner_until <= $now)
        """,
        ("$id", id.ToString()), ("$runner", runner.ToString()), ("$now", now.ToUnixTimeMilliseconds()),
        ("$until", (now + length).ToUnixTimeMilliseconds())) > 0;

    public static bool Advance(SqliteSession session, Guid id, BatchAdvance advance, DateTimeOffset now)
    {
        var ends = advance.To.HasEnded();
        var moved = session.Execute(
            """
            UPDATE batches SET status = $to, outcome = coalesce($outcome, outcome), total = coalesce($total, total),
                model = coalesce($model, model), errors = coalesce($errors, errors),
                in_progress_at = iif($to = 'in_progress', $now, in_progress_at),
                finalizing_at = iif($to = 'finalizing', $now, finalizing_at),
                cancelling_at = iif($to = 'cancelling', $now, cancelling_at), ended_at = iif($ends, $now, NULL)
            WHERE id = $id AND status = $from AND NOT ($ends AND EXISTS (SELECT 1 FROM batch_lines WHERE batch = batches.seq))
            """,
            ("$id", id.ToString()), ("$from", advance.From.Name()), ("$to", advance.To.Name()), ("$outcome", advance.Outcome?.Name()),
            ("$total", advance.Total), ("$model", advance.Model), ("$errors", advance.Errors), ("$now", now.ToUnixTimeMilliseconds()),
            ("$ends", ends ? 1 : 0));
        if (moved > 0 && ends)
            session.Execute(
                """
                UPDATE files SET batch = (SELECT id FROM batches WHERE id = $id AND api = 'anthropic'), created_at = $now,
                    expires_at = $now + (SELECT output_lifetime FROM batches WHERE id = $id)
                WHERE batch = $id
                """,
                ("$id", id.ToString()), ("$now", now.ToUnixTimeMilliseconds()));
        return moved > 0;
    }

    /// <summary>Moves the cursor behind lines that became prompts; false: it is not where it was.</summary>
    public static bool MoveCursor(SqliteSession session, Batch batch, BatchCursor next) => session.Execute(
        "UPDATE batches SET fed_bytes = $to, fed_lines = $lines WHERE seq = $seq AND status = 'in_progress' AND fed_bytes = $from",
        ("$seq", batch.Seq), ("$from", batch.Cursor.Bytes), ("$to", next.Bytes), ("$lines", next.Lines)) > 0;

    public static bool Delete(SqliteSession session, Guid id)
    {
        session.Execute("DELETE FROM files WHERE id IN (SELECT output_file FROM batches WHERE id = $id AND ended_at IS NOT NULL "
            + "UNION SELECT error_file FROM batches WHERE id = $id AND ended_at IS NOT NULL) "
            + "OR batch IN (SELECT id FROM batches WHERE id = $id AND ended_at IS NOT NULL)", ("$id", id.ToString()));
        return session.Execute("DELETE FROM batches WHERE id = $id AND ended_at IS NOT NULL", ("$id", id.ToString())) > 0;
    }

    private static List<Batch> ReadAll(SqliteStatement row)
    {
        var batches = new List<Batch>();
        while (row.Read())
            batches.Add(Read(row));
        return batches;
    }

    private static Batch Read(SqliteStatement row) => new()
    {
        Id = Guid.Parse(row.Text(0)),
        Seq = row.Int64(1),
        Owner = row.TextOrNull(2),
        Account = row.TextOrNull(3),
        Api = BatchApiNames.Parse(row.Text(4)),
        Endpoint = row.Text(5),
        Status = BatchStatusNames.Parse(row.Text(6)),
        Outcome = row.TextOrNull(7) is { } outcome ? BatchStatusNames.Parse(outcome) : null,
        InputFile = Guid.Parse(row.Text(8)),
        OutputFile = IdOrNull(row, 9),
        ErrorFile = IdOrNull(row, 10),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(11)),
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(12)),
        InProgressAt = TimeOrNull(row, 13),
        FinalizingAt = TimeOrNull(row, 14),
        CancellingAt = TimeOrNull(row, 15),
        EndedAt = TimeOrNull(row, 16),
        Model = row.TextOrNull(17),
        Metadata = row.TextOrNull(18),
        Errors = row.TextOrNull(19),
        Counts = new(row.Int64(20), row.Int64(21), row.Int64(22), row.Int64(23), row.Int64(24), row.Int64(25), row.Int64(26)),
        Cursor = new(row.Int64(27), row.Int64(28)),
        Runner = IdOrNull(row, 29) is { } runner ? new(runner, DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(30))) : null,
        Callback = row.TextOrNull(31) is { } url ? new(url, row.TextOrNull(32) ?? "") : null,
    };

    private static Guid? IdOrNull(SqliteStatement row, int column) => row.TextOrNull(column) is { } id ? Guid.Parse(id) : null;

    private static DateTimeOffset? TimeOrNull(SqliteStatement row, int column) =>
        row.Int64OrNull(column) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}
