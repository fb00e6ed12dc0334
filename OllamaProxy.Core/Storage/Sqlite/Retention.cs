using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>Gives room back. Each method is part of one transaction of the writer.</summary>
internal static class Retention
{
    /// <summary>How many free pages are given back in a step: 4 MiB, so that no other write waits for long.</summary>
    private const int PagesAStep = 1024;

    /// <summary>Removes what ended long ago and the keys that ran out, and returns how many prompts are gone.</summary>
    public static int Purge(SqliteConnection connection, DateTimeOffset endedBefore, int limit, DateTimeOffset now)
    {
        connection.Execute("DELETE FROM idempotency_keys WHERE expires_at <= $now", ("$now", now.ToUnixTimeMilliseconds()));
        return connection.Execute(
            "DELETE FROM prompts WHERE seq IN (SELECT seq FROM prompts WHERE completed_at < $before ORDER BY completed_at LIMIT $limit)",
            ("$before", SqliteTime.Write(endedBefore)), ("$limit", limit));
    }

    /// <summary>Shortens the file by some free pages, and returns whether there are more.</summary>
    public static bool Shrink(SqliteConnection connection)
    {
        using var command = connection.Command($"PRAGMA incremental_vacuum({PagesAStep})");
        using var page = command.ExecuteReader();
        while (page.Read())
        {
            // Each row is a page that was given back.
        }
        return connection.Number("PRAGMA freelist_count") > 0;
    }
}
