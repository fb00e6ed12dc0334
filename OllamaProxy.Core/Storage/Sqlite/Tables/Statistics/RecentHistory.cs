using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables.Statistics;

/// <summary>Reads a <see cref="QueueHistory"/>. INDEXED BY keeps SQLite from sorting more rows than are asked for.</summary>
internal static class RecentHistory
{
    /// <summary>
    /// The end of the attempt before the one of <c>started_at</c> or, where that is NULL, of the last attempt; NULL: there was none.
    /// </summary>
    private const string EarlierEnd =
        "(SELECT max(ended_at) FROM attempts WHERE attempts.seq = prompts.seq AND attempts.started_at < coalesce(prompts.started_at, '9'))";

    /// <summary>Only what is this owner's; all, where there is none.</summary>
    private const string IsOwned = "($owner IS NULL OR owner = $owner)";

    public static QueueHistory Read(SqliteSession session, DateTimeOffset since, string? owner)
    {
        var history = default(QueueHistory)!;
        session.InSnapshot(() =>
        {
            var (waiting, waitingSince) = ReadWaiting(session, since, owner);
            history = new(ReadEnded(session, since, owner), waiting, ReadRunning(session, owner))
            {
                Queued = PromptList.Count(session, null, owner).GetValueOrDefault(PromptStatus.Queued),
                WaitingSince = waitingSince,
            };
        });
        return history;
    }

    /// <summary>Reads what was served since a time.</summary>
    public static IReadOnlyList<ServedPrompt> ReadServed(SqliteSession session, DateTimeOffset since)
    {
        using var row = session.Query(
            """
            SELECT account, model, created_at, started_at, prompt_eval_count, eval_count FROM prompts INDEXED BY prompts_by_end
            WHERE completed_at >= $since AND started_at IS NOT NULL ORDER BY completed_at DESC LIMIT $limit
            """,
            ("$since", SqliteTime.Write(since)), ("$limit", ServedPrompt.MaxPrompts));
        var served = new List<ServedPrompt>();
        while (row.Read())
            served.Add(new(row.TextOrNull(0) ?? "", row.TextOrNull(1), SqliteTime.Read(row.Text(2)), SqliteTime.Read(row.Text(3)),
                row.Int64OrNull(4), row.Int64OrNull(5)));
        return served;
    }

    private static List<EndedPrompt> ReadEnded(SqliteSession session, DateTimeOffset since, string? owner)
    {
        using var row = session.Query(
            $"""
            SELECT status, created_at, started_at, completed_at, eval_count, attempts, {EarlierEnd} FROM prompts INDEXED BY prompts_by_end
            WHERE completed_at >= $since AND {IsOwned} ORDER BY completed_at DESC LIMIT $limit
            """,
            ("$since", SqliteTime.Write(since)), ("$owner", owner), ("$limit", QueueHistory.MaxPrompts));
        var ended = new List<EndedPrompt>();
        while (row.Read())
        {
            var (createdAt, completedAt) = (SqliteTime.Read(row.Text(1)), SqliteTime.Read(row.Text(3)));
            var startedAt = SqliteTime.ReadOrNull(row.TextOrNull(2));
            var isFirst = row.Int32(5) <= (startedAt is null ? 0 : 1);
            ended.Add(new(PromptStatusNames.Parse(row.Text(0)), createdAt, startedAt, completedAt, row.Int64OrNull(4))
            {
                QueuedAt = LastWait.Since(createdAt, SqliteTime.ReadOrNull(row.TextOrNull(6)), isFirst, startedAt ?? completedAt),
            });
        }
        return ended;
    }

    private static (List<DateTimeOffset> Waiting, DateTimeOffset? Since) ReadWaiting(
        SqliteSession session, DateTimeOffset since, string? owner)
    {
        // A prompt that was run before was last updated when it was queued again.
        using var row = session.Query(
            $"""
            SELECT created_at,
                CASE WHEN updated_at > created_at AND EXISTS (SELECT 1 FROM attempts WHERE attempts.seq = prompts.seq) THEN updated_at END
            FROM prompts INDEXED BY prompts_by_status WHERE status = 'queued' AND {IsOwned}
            ORDER BY seq DESC LIMIT $limit
            """,
            ("$owner", owner), ("$limit", QueueHistory.MaxWaiting));
        var waiting = new List<DateTimeOffset>();
        var (looked, last) = (0, default(DateTimeOffset));
        for (; row.Read(); looked++)
        {
            last = SqliteTime.Read(row.Text(0));
            if ((SqliteTime.ReadOrNull(row.TextOrNull(1)) ?? last) is var queuedAt && queuedAt >= since)
                waiting.Add(queuedAt);
        }
        return (waiting, looked < QueueHistory.MaxWaiting ? null : last);
    }

    private static List<RunningPrompt> ReadRunning(SqliteSession session, string? owner)
    {
        using var row = session.Query(
            $"""
            SELECT created_at, started_at, attempts, {EarlierEnd}, id, model, owner,
                (SELECT backend FROM attempts WHERE attempts.seq = prompts.seq AND ended_at IS NULL)
            FROM prompts INDEXED BY prompts_by_status
            WHERE status = 'processing' AND started_at IS NOT NULL AND {IsOwned} ORDER BY seq DESC LIMIT $limit
            """,
            ("$owner", owner), ("$limit", QueueHistory.MaxPrompts));
        var running = new List<RunningPrompt>();
        while (row.Read())
        {
            var (createdAt, startedAt) = (SqliteTime.Read(row.Text(0)), SqliteTime.Read(row.Text(1)));
            var queuedAt = LastWait.Since(createdAt, SqliteTime.ReadOrNull(row.TextOrNull(3)), isFirst: row.Int32(2) <= 1, startedAt);
            running.Add(new(createdAt, startedAt)
            {
                Id = Guid.Parse(row.Text(4)),
                Model = row.TextOrNull(5),
                Owner = row.TextOrNull(6),
                Backend = row.TextOrNull(7),
                Attempt = row.Int32(2),
                QueuedAt = queuedAt,
            });
        }
        return running;
    }
}
