using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Gives room back. Each method is part of one transaction of the writer.</summary>
internal static class Retention
{
    /// <summary>Gives up to 4 MiB back, so that no other write waits for long.</summary>
    private const string VacuumStep = "PRAGMA incremental_vacuum(1024)";

    /// <summary>Removes what ended long ago and the keys that ran out, and returns how many prompts are gone.</summary>
    public static int Purge(SqliteSession session, DateTimeOffset endedBefore, int limit, DateTimeOffset now)
    {
        session.Execute("DELETE FROM idempotency_keys WHERE expires_at <= $now", ("$now", now.ToUnixTimeMilliseconds()));
        return session.Execute(
            "DELETE FROM prompts WHERE seq IN (SELECT seq FROM prompts WHERE completed_at < $before ORDER BY completed_at LIMIT $limit)",
            ("$before", SqliteTime.Write(endedBefore)), ("$limit", limit));
    }

    /// <summary>
    /// Removes some of the long texts that are nobody's or else shortens the file by some free pages, and returns whether there is more.
    /// </summary>
    public static bool Shrink(SqliteSession session, DateTimeOffset now)
    {
        if (LongTexts.RemoveSome(session, now))
            return true;
        using var page = session.Query(VacuumStep);
        while (page.Read())
        {
            // Each row is a page that was given back.
        }
        return session.Number("PRAGMA freelist_count") > 0;
    }
}
