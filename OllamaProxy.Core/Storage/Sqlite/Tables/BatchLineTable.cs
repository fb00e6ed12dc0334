using OllamaProxy.Batches;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>batch_lines</c>. The methods that write run within a transaction of the writer.</summary>
internal static class BatchLineTable
{
    public static void Insert(SqliteSession session, Batch batch, BatchLine line, long seq) => session.Execute(
        "INSERT INTO batch_lines (batch, line, seq, custom_id) VALUES ($batch, $line, $seq, $custom_id)",
        ("$batch", batch.Seq), ("$line", line.Number), ("$seq", seq), ("$custom_id", line.CustomId));

    public static BatchProgress ReadProgress(SqliteSession session, Batch batch, int limit)
    {
        var (ended, open) = (new List<EndedLine>(), 0L);
        session.InSnapshot(() =>
        {
            open = session.Number("SELECT count(*) FROM batch_lines WHERE batch = $batch AND NOT has_ended", ("$batch", batch.Seq));
            using var row = session.Query(
                """
                SELECT line, custom_id, prompts.id, status, error, prompt_eval_count, eval_count
                FROM batch_lines INDEXED BY batch_lines_ended LEFT JOIN prompts ON prompts.seq = batch_lines.seq
                WHERE batch_lines.batch = $batch AND has_ended ORDER BY line LIMIT $limit
                """,
                ("$batch", batch.Seq), ("$limit", limit));
            while (row.Read())
                ended.Add(new(row.Int64(0), row.Text(1), row.TextOrNull(2) is { } id ? Guid.Parse(id) : null,
                    row.TextOrNull(3) is { } status ? PromptStatusNames.Parse(status) : PromptStatus.Cancelled, row.TextOrNull(4),
                    row.Int64OrNull(5) ?? 0, row.Int64OrNull(6) ?? 0));
        });
        return new(ended, open);
    }

    public static IReadOnlyList<Guid> ListOpenPrompts(SqliteSession session, Batch batch, int limit)
    {
        using var row = session.Query(
            """
            SELECT prompts.id FROM batch_lines JOIN prompts ON prompts.seq = batch_lines.seq
            WHERE batch_lines.batch = $batch AND NOT has_ended ORDER BY line LIMIT $limit
            """,
            ("$batch", batch.Seq), ("$limit", limit));
        var prompts = new List<Guid>();
        while (row.Read())
            prompts.Add(Guid.Parse(row.Text(0)));
        return prompts;
    }

    /// <summary>False: nothing was changed, since another process has been quicker.</summary>
    public static bool Collect(SqliteSession session, Batch batch, BatchCollection collection, DateTimeOffset now)
    {
        var known = session.Number(
            "SELECT count(*) FROM batches WHERE seq = $seq AND ended_at IS NULL AND fed_bytes = $from",
            ("$seq", batch.Seq), ("$from", batch.Cursor.Bytes));
        if (known == 0 || collection.Lines.Any(line => session.Number(
            "SELECT count(*) FROM batch_lines WHERE batch = $batch AND line = $line AND has_ended",
            ("$batch", batch.Seq), ("$line", line)) == 0))
            return false;
        foreach (var line in collection.Lines)
            session.Execute("DELETE FROM batch_lines WHERE batch = $batch AND line = $line", ("$batch", batch.Seq), ("$line", line));
        var output = Append(session, batch, "output_file", collection.Output, BatchFiles.OutputName(batch.Id), now);
        var errors = Append(session, batch, "error_file", collection.Errors, BatchFiles.ErrorName(batch.Id), now);
        var added = collection.Added;
        session.Execute(
            """
            UPDATE batches SET output_file = $output, error_file = $errors, completed = completed + $completed, failed = failed + $failed,
                cancelled = cancelled + $cancelled, expired = expired + $expired, input_tokens = input_tokens + $input_tokens,
                output_tokens = output_tokens + $output_tokens, fed_bytes = coalesce($to, fed_bytes), fed_lines = coalesce($line, fed_lines)
            WHERE seq = $seq
            """,
            ("$seq", batch.Seq), ("$output", output), ("$errors", errors), ("$completed", added.Completed), ("$failed", added.Failed),
            ("$cancelled", added.Cancelled), ("$expired", added.Expired), ("$input_tokens", added.InputTokens),
            ("$output_tokens", added.OutputTokens), ("$to", collection.Next?.Bytes), ("$line", collection.Next?.Lines));
        return true;
    }

    /// <summary>Makes a staged text the next one of a file of a batch, which is made with the first, and returns the file's id.</summary>
    private static string? Append(SqliteSession session, Batch batch, string column, long? text, string name, DateTimeOffset now)
    {
        using (var row = session.Query($"SELECT {column} FROM batches WHERE seq = $seq", ("$seq", batch.Seq)))
        {
            row.Read();
            if (text is null)
                return row.TextOrNull(0);
            if (row.TextOrNull(0) is { } known)
            {
                FileTable.AppendText(session, Guid.Parse(known), text.Value);
                return known;
            }
        }
        var id = Guid.CreateVersion7(now);
        FileTable.AddOfBatch(session, id, batch, name, now);
        FileTable.AppendText(session, id, text.Value);
        return id.ToString();
    }
}
