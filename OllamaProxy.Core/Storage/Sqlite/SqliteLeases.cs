using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>The table <c>leases</c>: a row for each prompt that is processing. Each method is part of one transaction of the writer.</summary>
internal static class SqliteLeases
{
    /// <summary>Finds the prompt that is to be claimed next. Without the hint, SQLite takes the index by status, and sorts.</summary>
    public const string NextDue = "SELECT seq FROM prompts INDEXED BY prompts_in_order WHERE status = 'queued' AND available_at <= $now_ms ORDER BY rank, seq LIMIT 1";

    /// <summary>Queues again whatever is processing without a good lease; fails it where that was its last attempt.</summary>
    public static void TakeBackExpired(SqliteConnection connection, ClaimTerms terms, DateTimeOffset now) => connection.Execute(
        """
        DELETE FROM leases WHERE expires_at <= $now_ms;
        UPDATE prompts SET
            status = CASE WHEN attempts < coalesce(max_attempts, $max_attempts) THEN 'queued' ELSE 'failed' END,
            started_at = CASE WHEN attempts < coalesce(max_attempts, $max_attempts) THEN NULL ELSE started_at END,
            completed_at = CASE WHEN attempts < coalesce(max_attempts, $max_attempts) THEN NULL ELSE $now END,
            error = 'The worker that ran this prompt was not heard of for the length of its lease.',
            updated_at = $now
        WHERE status = 'processing' AND seq NOT IN (SELECT seq FROM leases);
        """,
        ("$now_ms", now.ToUnixTimeMilliseconds()), ("$max_attempts", terms.MaxAttempts), ("$now", SqliteTime.Write(now)));

    /// <summary>Claims the first due prompt, if a lease is free for it.</summary>
    public static ClaimedPrompt? Claim(SqliteConnection connection, ClaimTerms terms, DateTimeOffset now)
    {
        if (connection.Number("SELECT count(*) FROM leases") >= terms.Concurrency)
            return null;
        using var command = connection.Command(
            $"""
            UPDATE prompts SET status = 'processing', attempts = attempts + 1, error = NULL, started_at = $now, updated_at = $now
            WHERE seq = ({NextDue})
            RETURNING id, seq, attempts, prompt, request, model, max_attempts, timeout
            """,
            ("$now", SqliteTime.Write(now)), ("$now_ms", now.ToUnixTimeMilliseconds()));
        using var row = command.ExecuteReader();
        if (!row.Read())
            return null;

        var lease = new Lease(row.GetInt64(1), Guid.NewGuid());
        connection.Execute("INSERT INTO leases (seq, token, expires_at) VALUES ($seq, $token, $expires_at)",
            ("$seq", lease.Seq), ("$token", lease.Token.ToString()), ("$expires_at", (now + terms.LeaseLength).ToUnixTimeMilliseconds()));
        return new(Guid.Parse(row.GetString(0)), lease, row.GetInt32(2), row.GetString(3), row.BytesOrNull(4))
        {
            Model = row.TextOrNull(5),
            MaxAttempts = row.Int32OrNull(6),
            Timeout = row.IsDBNull(7) ? null : TimeSpan.FromSeconds(row.GetDouble(7)),
        };
    }

    /// <summary>Makes a lease good until a new time; false if it was lost.</summary>
    public static bool Renew(SqliteConnection connection, Lease lease, DateTimeOffset expiresAt) => connection.Execute(
        "UPDATE leases SET expires_at = $expires_at WHERE seq = $seq AND token = $token",
        ("$seq", lease.Seq), ("$token", lease.Token.ToString()), ("$expires_at", expiresAt.ToUnixTimeMilliseconds())) == 1;

    /// <summary>Gives up a lease, so that its holder may write the last of its prompt; false if it was lost.</summary>
    public static bool TryEnd(SqliteConnection connection, Lease lease) => connection.Execute(
        "DELETE FROM leases WHERE seq = $seq AND token = $token",
        ("$seq", lease.Seq), ("$token", lease.Token.ToString())) == 1;
}
