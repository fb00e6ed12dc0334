using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>connections</c>; triggers remove what has ended. Each method is part of one transaction of the writer.</summary>
internal static class ClientLeaseTable
{
    public static void Insert(SqliteSession session, long seq, ClientLease connection, DateTimeOffset now) => session.Execute(
        "INSERT INTO connections (seq, worker, expires_at) VALUES ($seq, $worker, $expires_at)",
        ("$seq", seq), ("$worker", connection.Worker?.ToString()), ("$expires_at", (now + connection.LeaseLength).ToUnixTimeMilliseconds()));

    public static bool AnyExpired(SqliteSession session, DateTimeOffset now) =>
        session.Number("SELECT EXISTS (SELECT 1 FROM connections WHERE expires_at <= $now_ms)", ("$now_ms", now.ToUnixTimeMilliseconds())) != 0;

    /// <summary>
    /// Queues a prompt again that was cancelled because its connection was not heard of, with a lease for that. Not one that had been begun
    /// where the connection is not: who ran it has stopped since. The attempt that was cut off does not count, since its worker is there.
    /// </summary>
    public static Prompt? Reconnect(SqliteSession session, Guid id, ClientLease connection, DateTimeOffset now)
    {
        var queued = session.Execute(
            """
            UPDATE attempts SET ended_at = $now, error = $gone
            WHERE ended_at IS NULL AND seq = (SELECT seq FROM prompts WHERE id = $id AND status = 'cancelled');
            UPDATE prompts SET status = 'queued', attempts = attempts - (started_at IS NOT NULL),
                error = NULL, result = NULL, thinking = NULL, started_at = NULL, completed_at = NULL, updated_at = $now
            WHERE id = $id AND status = 'cancelled' AND error = $gone AND ($worker IS NOT NULL OR started_at IS NULL)
            """,
            ("$id", id.ToString()), ("$worker", connection.Worker?.ToString()), ("$gone", ClientLease.Gone),
            ("$now", SqliteTime.Write(now)));
        var prompt = PromptRow.Find(session, id);
        if (queued > 0)
            Insert(session, prompt!.Seq, connection, now);
        return prompt;
    }

    /// <summary>Makes the leases of these prompts good until a new time, of those that there are and that have run out by then.</summary>
    public static void Renew(SqliteSession session, IEnumerable<Guid> ids, DateTimeOffset expiresAt, DateTimeOffset expiredBy) => session.Execute(
        """
        UPDATE connections SET expires_at = $expires_at
        WHERE seq IN (SELECT seq FROM prompts WHERE id IN (SELECT value FROM json_each($ids))) AND expires_at <= $expired_by
        """,
        ("$ids", $"[{string.Join(',', ids.Select(id => $"\"{id}\""))}]"), ("$expires_at", expiresAt.ToUnixTimeMilliseconds()), ("$expired_by", expiredBy.ToUnixTimeMilliseconds()));
}
