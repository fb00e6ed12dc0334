using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// The last that a worker writes of a prompt. Each method ends the lease first, and writes by what it was worth: what the
/// worker asks for where it was held, the partial text where the prompt was cancelled, nothing where it was lost. Each is
/// part of one transaction of the writer.
/// </summary>
internal static class Settlement
{
    public static bool Complete(SqliteConnection connection, Lease lease, PromptResult result, DateTimeOffset now) =>
        End(connection, lease, PromptStatus.Completed, null, result, now);

    public static bool Fail(SqliteConnection connection, Lease lease, string error, PromptResult? partial, DateTimeOffset now) =>
        End(connection, lease, PromptStatus.Failed, error, partial, now);

    public static bool Requeue(SqliteConnection connection, Lease lease, string error, PromptResult? partial, DateTimeOffset availableAt, DateTimeOffset now)
    {
        if (!EndHeld(connection, lease, partial, now))
            return false;
        PromptAttempts.End(connection, lease.Seq, error, now);
        connection.Execute(
            "UPDATE prompts SET status = 'queued', started_at = NULL, error = $error, available_at = $available_at, updated_at = $now WHERE seq = $seq",
            ("$seq", lease.Seq), ("$error", error), ("$available_at", availableAt.ToUnixTimeMilliseconds()), ("$now", SqliteTime.Write(now)));
        return true;
    }

    public static bool Release(SqliteConnection connection, Lease lease, PromptResult? partial, DateTimeOffset now)
    {
        if (!EndHeld(connection, lease, partial, now))
            return false;
        PromptAttempts.Forget(connection, lease.Seq);
        connection.Execute(
            """
            UPDATE prompts SET status = 'queued', started_at = NULL, attempts = attempts - 1, updated_at = $now,
                error = CASE WHEN attempts > 1 THEN (SELECT error FROM attempts WHERE seq = $seq ORDER BY id DESC LIMIT 1) END
            WHERE seq = $seq
            """,
            ("$seq", lease.Seq), ("$now", SqliteTime.Write(now)));
        return true;
    }

    /// <summary>True where the prompt was cancelled.</summary>
    public static bool Stop(SqliteConnection connection, Lease lease, PromptResult? partial, DateTimeOffset now)
    {
        var cancelled = SqliteLeases.LookAt(connection, lease) == LeaseState.Cancelled;
        EndHeld(connection, lease, partial, now);
        return cancelled;
    }

    private static bool End(SqliteConnection connection, Lease lease, PromptStatus status, string? error, PromptResult? result, DateTimeOffset now)
    {
        if (!EndHeld(connection, lease, result, now))
            return false;
        PromptAttempts.End(connection, lease.Seq, error, now);
        connection.Execute(
            $"UPDATE prompts SET status = $status, error = $error, completed_at = $now, updated_at = $now, {ResultColumns.Assignments} WHERE seq = $seq",
            [("$seq", lease.Seq), ("$status", status.Name()), ("$error", error), ("$now", SqliteTime.Write(now)), .. ResultColumns.Parameters(result)]);
        return true;
    }

    /// <summary>Ends the lease and returns whether it was held; keeps what had come of a prompt that was cancelled.</summary>
    private static bool EndHeld(SqliteConnection connection, Lease lease, PromptResult? partial, DateTimeOffset now)
    {
        var state = SqliteLeases.End(connection, lease);
        if (state == LeaseState.Cancelled)
        {
            PromptAttempts.End(connection, lease.Seq, "It was cancelled.", now);
            connection.Execute($"UPDATE prompts SET {ResultColumns.Assignments} WHERE seq = $seq", [("$seq", lease.Seq), .. ResultColumns.Parameters(partial)]);
        }
        return state == LeaseState.Held;
    }
}
