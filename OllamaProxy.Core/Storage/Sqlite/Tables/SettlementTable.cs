using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The last that a worker writes of a prompt. Each method ends the lease first, and writes by what it was worth: what the
/// worker asks for where it was held, the partial text where the prompt was cancelled, nothing where it was lost. What of it is
/// long has been staged before. Each is part of one transaction of the writer.
/// </summary>
internal static class SettlementTable
{
    public static bool Complete(SqliteSession session, Lease lease, PromptResult result, IReadOnlyList<StagedText> staged, DateTimeOffset now) =>
        End(session, lease, PromptStatus.Completed, null, result, staged, now);

    public static bool Fail(SqliteSession session, Lease lease, string error, PromptResult? partial, IReadOnlyList<StagedText> staged, DateTimeOffset now) =>
        End(session, lease, PromptStatus.Failed, error, partial, staged, now);

    public static bool Requeue(
        SqliteSession session, Lease lease, string error, PromptResult? partial, IReadOnlyList<StagedText> staged, DateTimeOffset availableAt, bool counts, DateTimeOffset now)
    {
        if (!EndHeld(session, lease, partial, staged, now))
            return false;
        PromptAttempts.End(session, lease.Seq, error, now);
        session.Execute(
            """
            UPDATE prompts SET status = 'queued', started_at = NULL, error = $error, available_at = $available_at, updated_at = $now,
                attempts = attempts - $uncounted
            WHERE seq = $seq
            """,
            ("$seq", lease.Seq), ("$error", error), ("$available_at", availableAt.ToUnixTimeMilliseconds()), ("$uncounted", counts ? 0 : 1), ("$now", SqliteTime.Write(now)));
        return true;
    }

    public static bool Release(SqliteSession session, Lease lease, PromptResult? partial, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        if (!EndHeld(session, lease, partial, staged, now))
            return false;
        PromptAttempts.Forget(session, lease.Seq);
        session.Execute(
            """
            UPDATE prompts SET status = 'queued', started_at = NULL, attempts = attempts - 1, updated_at = $now,
                error = CASE WHEN attempts > 1 THEN (SELECT error FROM attempts WHERE seq = $seq ORDER BY id DESC LIMIT 1) END
            WHERE seq = $seq
            """,
            ("$seq", lease.Seq), ("$now", SqliteTime.Write(now)));
        return true;
    }

    /// <summary>True where the prompt was cancelled.</summary>
    public static bool Stop(SqliteSession session, Lease lease, PromptResult? partial, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        var cancelled = SqliteLeases.LookAt(session, lease) == LeaseState.Cancelled;
        EndHeld(session, lease, partial, staged, now);
        return cancelled;
    }

    private static bool End(SqliteSession session, Lease lease, PromptStatus status, string? error, PromptResult? result, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        if (!EndHeld(session, lease, result, staged, now))
            return false;
        PromptAttempts.End(session, lease.Seq, error, now);
        // An error's answer has no text: then nothing is to be read of any.
        var text = status == PromptStatus.Completed || result is { HasText: true } ? result : null;
        session.Execute(
            $"UPDATE prompts SET status = $status, error = $error, completed_at = $now, updated_at = $now, {ResultColumns.Assignments} WHERE seq = $seq",
            [("$seq", lease.Seq), ("$status", status.Name()), ("$error", error), ("$now", SqliteTime.Write(now)), .. ResultColumns.Parameters(text)]);
        if (result?.Response is { } response)
            PromptCalls.Answer(session, lease.Seq, response);
        LongTexts.Adopt(session, lease.Seq, staged);
        return true;
    }

    /// <summary>Ends the lease and returns whether it was held; keeps what had come of a prompt that was cancelled.</summary>
    private static bool EndHeld(SqliteSession session, Lease lease, PromptResult? partial, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        var state = SqliteLeases.End(session, lease);
        if (state == LeaseState.Cancelled)
        {
            PromptAttempts.End(session, lease.Seq, "It was cancelled.", now);
            session.Execute($"UPDATE prompts SET {ResultColumns.Assignments} WHERE seq = $seq", [("$seq", lease.Seq), .. ResultColumns.Parameters(partial)]);
            LongTexts.Adopt(session, lease.Seq, [.. staged.Where(text => text.Kind != LongTexts.Response)]);
        }
        return state == LeaseState.Held;
    }
}
