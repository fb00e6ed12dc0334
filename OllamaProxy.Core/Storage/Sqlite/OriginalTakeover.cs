using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// Takes over the table of the original Python program: <c>prompts (id, prompt, status, result, created_at, updated_at)</c>.
/// What had ended stays readable; what was queued or processing is queued.
/// </summary>
/// <param name="model">The model for prompts that have yet to run: the original's rows name none.</param>
/// <param name="now">For rows whose times cannot be read.</param>
internal sealed class OriginalTakeover(string model, DateTimeOffset now)
{
    private const string Columns = "id,prompt,status,result,created_at,updated_at";

    /// <summary>Whether the file's table is the original's.</summary>
    public static bool IsOriginal(SqliteConnection connection) => connection.Number(
        """
        SELECT count(*) FROM pragma_table_info('prompts')
        HAVING count(*) = 6 AND sum(instr(',' || $columns || ',', ',' || name || ',') > 0) = 6
        """, ("$columns", Columns)) > 0;

    /// <summary>Moves the table out of the way of ours.</summary>
    public static void SetAside(SqliteConnection connection) => connection.Execute(
        """
        DROP INDEX IF EXISTS idx_prompts_status_created;
        ALTER TABLE prompts RENAME TO original_prompts;
        """);

    /// <summary>Copies the rows, oldest first, and drops the table that was set aside.</summary>
    public void Copy(SqliteConnection connection)
    {
        connection.CreateFunction("original_id", (string? id) => (Guid.TryParse(id, out var uuid) ? uuid : Guid.CreateVersion7(now)).ToString(), isDeterministic: false);
        connection.CreateFunction("original_time", (string? time) => SqliteTime.Write(Time(time)), isDeterministic: true);
        connection.CreateFunction("original_rank", (string? time) => Rank.Of(Time(time), 0, TimeSpan.Zero), isDeterministic: true);
        connection.Execute(
            """
            INSERT INTO prompts (id, prompt, status, result, error, created_at, updated_at, completed_at, rank, model)
            SELECT
                original_id(id),
                coalesce(prompt, ''),
                CASE WHEN status IN ('queued', 'processing') THEN 'queued' WHEN status = 'completed' THEN 'completed' ELSE 'failed' END,
                CASE WHEN status IN ('queued', 'processing') THEN NULL ELSE coalesce(result, '') END,
                CASE WHEN status NOT IN ('queued', 'processing', 'completed') THEN 'It had the status ''' || status || ''' when it was taken over.' END,
                original_time(created_at),
                original_time(updated_at),
                CASE WHEN status NOT IN ('queued', 'processing') THEN original_time(updated_at) END,
                original_rank(created_at),
                CASE WHEN status IN ('queued', 'processing') THEN $model END
            FROM original_prompts
            ORDER BY original_time(created_at), rowid;
            DROP TABLE original_prompts;
            """, ("$model", model));
    }

    private DateTimeOffset Time(string? text) => SqliteTime.ReadOrNull(text) ?? now;
}
