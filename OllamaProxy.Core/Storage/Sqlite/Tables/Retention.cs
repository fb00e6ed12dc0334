using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Deletes old data and shrinks the file. Each method runs within a transaction of the writer.</summary>
internal static class Retention
{
    /// <summary>Frees up to 4 MiB, so that other writes do not wait for long.</summary>
    private const string VacuumStep = "PRAGMA incremental_vacuum(1024)";

    private const string Untold = "SELECT 1 FROM deliveries WHERE due_at IS NOT NULL AND deliveries.created_at > $day_ago";

    /// <summary>
    /// Deletes expired idempotency keys, and batches and prompts that ended long ago, and returns how many prompts were deleted. Those
    /// whose line of a batch has yet to be written stay, and so do the files of batches. What has ended also stays, for a day at most,
    /// until the client has been told of it.
    /// </summary>
    public static int Purge(SqliteSession session, DateTimeOffset endedBefore, int limit, DateTimeOffset now)
    {
        session.Execute("DELETE FROM idempotency_keys WHERE expires_at <= $now", ("$now", now.ToUnixTimeMilliseconds()));
        session.Execute(
            "DELETE FROM batches WHERE ended_at < $before "
            + $"AND (callback_url IS NULL OR NOT EXISTS ({Untold} AND deliveries.batch = batches.seq))",
            ("$before", endedBefore.ToUnixTimeMilliseconds()), ("$day_ago", now.AddDays(-1).ToUnixTimeMilliseconds()));
        return session.Execute(
            $"""
            DELETE FROM prompts WHERE seq IN (
                SELECT seq FROM prompts WHERE completed_at < $before
                    AND (batch IS NULL OR NOT EXISTS (SELECT 1 FROM batch_lines WHERE batch_lines.seq = prompts.seq))
                    AND (callback_url IS NULL OR NOT EXISTS ({Untold} AND deliveries.seq = prompts.seq))
                ORDER BY completed_at LIMIT $limit)
            """,
            ("$before", SqliteTime.Write(endedBefore)), ("$limit", limit), ("$day_ago", now.AddDays(-1).ToUnixTimeMilliseconds()));
    }

    /// <summary>
    /// Removes some of a long text that belongs to no prompt or, if there is none, some free pages of the file. Returns whether there is
    /// more.
    /// </summary>
    public static bool Shrink(SqliteSession session, DateTimeOffset now)
    {
        if (LongTexts.RemoveSome(session, now))
            return true;
        using var page = session.Query(VacuumStep);
        while (page.Read())
        {
            // Each row stands for a page that was freed.
        }
        return session.Number("PRAGMA freelist_count") > 0;
    }
}
