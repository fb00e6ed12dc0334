using System.Text.Json;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>The table <c>connections</c>; triggers remove what has ended. Each method is part of one transaction of the writer.</summary>
internal static class Connections
{
    public static void Insert(SqliteSession session, long seq, Connection connection, DateTimeOffset now) => session.Execute(
        "INSERT INTO connections (seq, worker, expires_at) VALUES ($seq, $worker, $expires_at)",
        ("$seq", seq), ("$worker", connection.Worker?.ToString()), ("$expires_at", (now + connection.LeaseLength).ToUnixTimeMilliseconds()));

    public static bool AnyExpired(SqliteSession session, DateTimeOffset now) =>
        session.Number("SELECT EXISTS (SELECT 1 FROM connections WHERE expires_at <= $now_ms)", ("$now_ms", now.ToUnixTimeMilliseconds())) != 0;

    /// <summary>Makes the leases of these prompts good until a new time, of those that there are and that have run out by then.</summary>
    public static void Renew(SqliteSession session, IEnumerable<Guid> ids, DateTimeOffset expiresAt, DateTimeOffset expiredBy) => session.Execute(
        """
        UPDATE connections SET expires_at = $expires_at
        WHERE seq IN (SELECT seq FROM prompts WHERE id IN (SELECT value FROM json_each($ids))) AND expires_at <= $expired_by
        """,
        ("$ids", $"[{string.Join(',', ids.Select(id => $"\"{id}\""))}]"), ("$expires_at", expiresAt.ToUnixTimeMilliseconds()), ("$expired_by", expiredBy.ToUnixTimeMilliseconds()));
}
