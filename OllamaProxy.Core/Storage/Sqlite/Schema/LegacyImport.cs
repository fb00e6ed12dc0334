using System.Text;
using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>
/// Imports the table of the original Python program: <c>prompts (id, prompt, status, result, created_at, updated_at)</c>. Prompts that had
/// ended stay readable; those that were queued or processing are queued. SQLite lets any column hold any value, so each value is converted
/// to what it is most similar to: no row stops the import, and none is left out.
/// </summary>
/// <param name="model">The model for prompts that have yet to run, since the original's rows have none.</param>
/// <param name="now">The time for rows whose times cannot be read.</param>
internal sealed class LegacyImport(string model, DateTimeOffset now)
{
    private const string Columns = "id,prompt,status,result,created_at,updated_at";

    /// <summary>Whether the file has the original's table.</summary>
    public static bool IsOriginal(SqliteConnection connection) => connection.Number(
        """
        SELECT count(*) FROM pragma_table_info('prompts')
        HAVING count(*) = 6 AND sum(instr(',' || $columns || ',', ',' || name || ',') > 0) = 6
        """, ("$columns", Columns)) > 0;

    /// <summary>Renames the original's table, so that ours can be created.</summary>
    public static void SetAside(SqliteConnection connection) => connection.Execute(
        """
        DROP INDEX IF EXISTS idx_prompts_status_created;
        ALTER TABLE prompts RENAME TO original_prompts;
        """);

    /// <summary>Copies the rows, oldest first, and drops the original's table.</summary>
    public void Copy(SqliteConnection connection)
    {
        var ids = Ids(connection);
        foreach (var row in InOrder(connection))
            Copy(connection, row, ids[row]);
        connection.Execute("DROP TABLE original_prompts");
    }

    /// <summary>
    /// Chooses the new id of each row. Where several ids are the same UUID, the one in our spelling keeps it, or otherwise the first; the
    /// others, and ids that are not UUIDs, are replaced.
    /// </summary>
    private Dictionary<long, Guid> Ids(SqliteConnection connection)
    {
        var (ids, taken) = (new Dictionary<long, Guid>(), new HashSet<Guid>());
        using var command = connection.Command("SELECT rowid, CAST(id AS BLOB) FROM original_prompts ORDER BY rowid");
        foreach (var exact in new[] { true, false })
        {
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                if (ids.ContainsKey(row.GetInt64(0)))
                    continue;
                var text = Text(row, 1);
                if (Guid.TryParse(text, out var id) && (!exact || id.ToString() == text) && taken.Add(id))
                    ids[row.GetInt64(0)] = id;
                else if (!exact)
                    ids[row.GetInt64(0)] = Guid.CreateVersion7(now);
            }
        }
        return ids;
    }

    private List<long> InOrder(SqliteConnection connection)
    {
        var rows = new List<(DateTimeOffset CreatedAt, long Row)>();
        using var command = connection.Command("SELECT rowid, CAST(created_at AS BLOB) FROM original_prompts");
        using var row = command.ExecuteReader();
        while (row.Read())
            rows.Add((Time(Text(row, 1)), row.GetInt64(0)));
        rows.Sort();
        return [.. rows.Select(each => each.Row)];
    }

    private void Copy(SqliteConnection connection, long from, Guid id)
    {
        using var command = connection.Command(
            """
            SELECT CAST(prompt AS BLOB), CAST(status AS BLOB), CAST(result AS BLOB), CAST(created_at AS BLOB), CAST(updated_at AS BLOB)
            FROM original_prompts WHERE rowid = $rowid
            """, ("$rowid", from));
        using var row = command.ExecuteReader();
        row.Read();
        var (prompt, status, result) = (Text(row, 0), Text(row, 1), Text(row, 2));
        var (createdAt, updatedAt) = (Time(Text(row, 3)), Time(Text(row, 4)));
        var (isToRun, isCompleted) = (status is "queued" or "processing", status is "completed");
        // As bytes: a text parameter would be cut at a character 0.
        connection.Execute(
            """
            INSERT INTO prompts (id, prompt, status, result, error, created_at, updated_at, completed_at, rank, model)
            VALUES (
                $id, coalesce(CAST($prompt AS TEXT), ''), $status,
                iif($status = 'queued', NULL, coalesce(CAST($result AS TEXT), '')), CAST($error AS TEXT),
                $created_at, $updated_at, $completed_at, $rank, $model)
            """,
            ("$id", id.ToString()),
            ("$prompt", Bytes(prompt ?? "")),
            ("$status", (isToRun ? PromptStatus.Queued : isCompleted ? PromptStatus.Completed : PromptStatus.Failed).Name()),
            ("$result", Bytes(result ?? "")),
            ("$error", isToRun || isCompleted ? null : Bytes(ErrorOf(status))),
            ("$created_at", SqliteTime.Write(createdAt)),
            ("$updated_at", SqliteTime.Write(updatedAt)),
            ("$completed_at", isToRun ? null : SqliteTime.Write(updatedAt)),
            ("$rank", QueueRank.Of(createdAt, 0, TimeSpan.Zero)),
            ("$model", isToRun ? model : null));
    }

    private static string ErrorOf(string? status) =>
        status is null ? "It had no status when it was taken over." : $"It had the status '{status}' when it was taken over.";

    private DateTimeOffset Time(string? text) => OriginalTime.ReadOrNull(text) ?? now;

    /// <summary>A value as text, with invalid UTF-8 replaced by U+FFFD; null: NULL.</summary>
    private static string? Text(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(column));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
