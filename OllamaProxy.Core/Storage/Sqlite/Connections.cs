using System.Text.Json;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>The table <c>connections</c>; triggers remove what has ended. Each method is part of one transaction of the writer.</summary>
internal static class Connections
{
    public static void Insert(SqliteSession session, long seq, Connection connection, DateTimeOffset now) => session.Execute(
        "INSERT INTO connections (seq, worker, expires_at) VALUES ($seq, $worker, $expires_at)",
        ("$seq", seq), ("$worker", connection.Worker?.ToString()), ("$expires_at", (now + connection.LeaseLength).ToUnixTimeMilliseconds()));

    /// <summary>Makes the leases of these prompts good until a new time, of those that there are and that have run out by then.</summary>
    public static void Renew(SqliteSession session, IEnumerable<long> seqs, DateTimeOffset expiresAt, DateTimeOffset expiredBy) => session.Execute(
        "UPDATE connections SET expires_at = $expires_at WHERE seq IN (SELECT value FROM json_each($seqs)) AND expires_at <= $expired_by",
        ("$seqs", $"[{string.Join(',', seqs)}]"), ("$expires_at", expiresAt.ToUnixTimeMilliseconds()), ("$expired_by", expiredBy.ToUnixTimeMilliseconds()));
}
