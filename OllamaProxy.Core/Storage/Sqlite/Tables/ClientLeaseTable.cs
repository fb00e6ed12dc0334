using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The table <c>connections</c>, the leases of clients. Triggers remove those of prompts that have ended. Each method runs within a
/// transaction of the writer.
/// </summary>
internal static class ClientLeaseTable
{
    public static void Insert(SqliteSession session, long seq, ClientLease connection, DateTimeOffset now) => session.Execute(
        "INSERT INTO connections (seq, worker, expires_at) VALUES ($seq, $worker, $expires_at)",
        ("$seq", seq), ("$worker", connection.Worker?.ToString()),
        ("$expires_at", (now + connection.LeaseLength).ToUnixTimeMilliseconds()));

    public static bool AnyExpired(SqliteSession session, DateTimeOffset now) =>
        session.Number(
            "SELECT EXISTS (SELECT 1 FROM connections WHERE expires_at <= $now_ms)", ("$now_ms", now.ToUnixTimeMilliseconds())) != 0;

    /// <summary>
    /// Queues a prompt again that was cancelled because its client's lease expired, with a new lease. Excepted are prompts that another
    /// worker than that of the connection had started, since that worker has stopped. The attempt that was interrupted does not count.
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

    /// <summary>Extends the leases of these prompts' clients that have expired by a given time.</summary>
    public static void Renew(
        SqliteSession session, IEnumerable<Guid> ids, DateTimeOffset expiresAt, DateTimeOffset expiredBy) => session.Execute(
        """
        UPDATE connections SET expires_at = $expires_at
        WHERE seq IN (SELECT seq FROM prompts WHERE id IN (SELECT value FROM json_each($ids))) AND expires_at <= $expired_by
        """,
        ("$ids", $"[{string.Join(',', ids.Select(id => $"\"{id}\""))}]"),
        ("$expires_at", expiresAt.ToUnixTimeMilliseconds()),
        ("$expired_by", expiredBy.ToUnixTimeMilliseconds()));
}
