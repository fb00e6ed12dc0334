using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>When things happened to prompts lately. The hints keep SQLite from sorting more than is asked for.</summary>
internal static class RecentHistory
{
    public static QueueHistory Read(SqliteSession session, DateTimeOffset since)
    {
        var history = default(QueueHistory)!;
        session.InSnapshot(() => history = new(ReadEnded(session, since), ReadWaiting(session, since), ReadRunning(session)));
        return history;
    }

    private static List<EndedPrompt> ReadEnded(SqliteSession session, DateTimeOffset since)
    {
        using var row = session.Query(
            """
            SELECT status, created_at, started_at, completed_at, eval_count FROM prompts INDEXED BY prompts_by_end
            WHERE completed_at >= $since ORDER BY completed_at DESC LIMIT $limit
            """,
            ("$since", SqliteTime.Write(since)), ("$limit", QueueHistory.MaxPrompts));
        var ended = new List<EndedPrompt>();
        while (row.Read())
            ended.Add(new(
                PromptStatusNames.Parse(row.Text(0)),
                SqliteTime.Read(row.Text(1)),
                SqliteTime.ReadOrNull(row.TextOrNull(2)),
                SqliteTime.Read(row.Text(3)),
                row.Int64OrNull(4)));
        return ended;
    }

    private static List<DateTimeOffset> ReadWaiting(SqliteSession session, DateTimeOffset since)
    {
        using var row = session.Query(
            "SELECT created_at FROM prompts INDEXED BY prompts_by_status WHERE status = 'queued' ORDER BY seq DESC LIMIT $limit",
            ("$limit", QueueHistory.MaxPrompts));
        var waiting = new List<DateTimeOffset>();
        while (row.Read() && SqliteTime.Read(row.Text(0)) is var createdAt && createdAt >= since)
            waiting.Add(createdAt);
        return waiting;
    }

    private static List<RunningPrompt> ReadRunning(SqliteSession session)
    {
        using var row = session.Query(
            "SELECT created_at, started_at FROM prompts INDEXED BY prompts_by_status WHERE status = 'processing' AND started_at IS NOT NULL ORDER BY seq DESC LIMIT $limit",
            ("$limit", QueueHistory.MaxPrompts));
        var running = new List<RunningPrompt>();
        while (row.Read())
            running.Add(new(SqliteTime.Read(row.Text(0)), SqliteTime.Read(row.Text(1))));
        return running;
    }
}
