using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>attempts</c>. The methods that write run within a transaction of the writer.</summary>
internal static class PromptAttempts
{
    public static void Begin(SqliteSession session, long seq, int number, string backend, DateTimeOffset now) => session.Execute(
        "INSERT INTO attempts (seq, number, backend, started_at) VALUES ($seq, $number, $backend, $now)",
        ("$seq", seq), ("$number", number), ("$backend", backend), ("$now", SqliteTime.Write(now)));

    /// <summary>Ends the running attempt.</summary>
    public static void End(SqliteSession session, long seq, string? error, DateTimeOffset now) => session.Execute(
        "UPDATE attempts SET ended_at = $now, error = $error WHERE seq = $seq AND ended_at IS NULL",
        ("$seq", seq), ("$error", error), ("$now", SqliteTime.Write(now)));

    /// <summary>Deletes the running attempt, which does not count.</summary>
    public static void Forget(SqliteSession session, long seq) =>
        session.Execute("DELETE FROM attempts WHERE seq = $seq AND ended_at IS NULL", ("$seq", seq));

    /// <summary>The mean duration of the last ten successful attempts among the last hundred.</summary>
    public static TimeSpan? MeanRun(SqliteSession session)
    {
        using var row = session.Query(
            """
            SELECT avg(seconds) FROM (
                SELECT (julianday(ended_at) - julianday(started_at)) * 86400 AS seconds
                FROM (SELECT id, started_at, ended_at, error FROM attempts ORDER BY id DESC LIMIT 100)
                WHERE ended_at IS NOT NULL AND error IS NULL ORDER BY id DESC LIMIT 10)
            """);
        return row.Read() && row.RealOrNull(0) is { } seconds ? TimeSpan.FromSeconds(Math.Max(seconds, 0)) : null;
    }

    public static IReadOnlyList<AttemptRecord> List(SqliteSession session, Guid id)
    {
        using var row = session.Query(
            """
            SELECT number, backend, started_at, ended_at, error FROM attempts
            WHERE seq = (SELECT seq FROM prompts WHERE id = $id) ORDER BY id
            """, ("$id", id.ToString()));
        var attempts = new List<AttemptRecord>();
        while (row.Read())
        {
            var (startedAt, endedAt) = (SqliteTime.Read(row.Text(2)), SqliteTime.ReadOrNull(row.TextOrNull(3)));
            attempts.Add(new(row.Int32(0), row.Text(1), startedAt, endedAt, row.TextOrNull(4)));
        }

        return attempts;
    }
}
