using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Settles attempts. The lease ends first, and its state decides what is written: the settlement if it was held, the partial result if the
/// prompt was cancelled, nothing if it was lost. Long texts have been staged before. Everything runs within one transaction of the writer.
/// </summary>
internal static class SettlementTable
{
    /// <summary>Settles an attempt; see <see cref="IWorkQueue.SettleAsync"/>.</summary>
    public static bool Settle(
        SqliteSession session, Lease lease, Settlement settlement, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        if (settlement is Settlement.AcknowledgeCancel)
            return AcknowledgeCancel(session, lease, settlement, staged, now);
        if (!EndLease(session, lease, settlement, staged, now))
            return false;
        switch (settlement)
        {
            case Settlement.Complete:
                End(session, lease, PromptStatus.Completed, null, settlement.Result, staged, now);
                LoadTable.Truncate(session, lease.Seq, settlement.Result?.TruncatedTo);
                break;
            case Settlement.Fail fail:
                End(session, lease, PromptStatus.Failed, fail.Error, settlement.Result, staged, now);
                break;
            case Settlement.Requeue requeue:
                Requeue(session, lease, requeue, now);
                break;
            default:
                Release(session, lease, now);
                break;
        }
        return true;
    }

    private static void Requeue(SqliteSession session, Lease lease, Settlement.Requeue requeue, DateTimeOffset now)
    {
        PromptAttempts.End(session, lease.Seq, requeue.Error, now);
        session.Execute(
            """
            UPDATE prompts SET status = 'queued', started_at = NULL, error = $error, available_at = $available_at, updated_at = $now,
                attempts = attempts - $uncounted
            WHERE seq = $seq
            """,
            ("$seq", lease.Seq), ("$error", requeue.Error), ("$available_at", requeue.AvailableAt.ToUnixTimeMilliseconds()),
            ("$uncounted", requeue.Counts ? 0 : 1), ("$now", SqliteTime.Write(now)));
    }

    private static void Release(SqliteSession session, Lease lease, DateTimeOffset now)
    {
        PromptAttempts.Forget(session, lease.Seq);
        session.Execute(
            """
            UPDATE prompts SET status = 'queued', started_at = NULL, attempts = attempts - 1, updated_at = $now,
                error = CASE WHEN attempts > 1 THEN (SELECT error FROM attempts WHERE seq = $seq ORDER BY id DESC LIMIT 1) END
            WHERE seq = $seq
            """,
            ("$seq", lease.Seq), ("$now", SqliteTime.Write(now)));
    }

    /// <summary>Returns true if the prompt was cancelled.</summary>
    private static bool AcknowledgeCancel(
        SqliteSession session, Lease lease, Settlement settlement, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        var isCancelled = SqliteLeases.LookAt(session, lease) == LeaseState.Cancelled;
        EndLease(session, lease, settlement, staged, now);
        return isCancelled;
    }

    private static void End(
        SqliteSession session,
        Lease lease,
        PromptStatus status,
        string? error,
        PromptResult? result,
        IReadOnlyList<StagedText> staged,
        DateTimeOffset now)
    {
        PromptAttempts.End(session, lease.Seq, error, now);
        // The answer to a failed call may have no text: then the prompt has no result, only a response.
        var text = status == PromptStatus.Completed || result is { HasText: true } ? result : null;
        session.Execute(
            $"""
            UPDATE prompts SET status = $status, error = $error, completed_at = $now, updated_at = $now, {ResultColumns.Assignments}
            WHERE seq = $seq
            """,
            [
                ("$seq", lease.Seq),
                ("$status", status.Name()),
                ("$error", error),
                ("$now", SqliteTime.Write(now)),
                .. ResultColumns.Parameters(text),
            ]);
        if (result?.Response is { } response)
            PromptCalls.Answer(session, lease.Seq, response);
        LongTexts.Adopt(session, lease.Seq, staged);
    }

    /// <summary>Ends the lease, and returns whether it was held. Stores the partial result of a cancelled prompt.</summary>
    private static bool EndLease(
        SqliteSession session, Lease lease, Settlement settlement, IReadOnlyList<StagedText> staged, DateTimeOffset now)
    {
        var state = SqliteLeases.End(session, lease);
        if (state == LeaseState.Cancelled)
        {
            PromptAttempts.End(session, lease.Seq, StoreMessages.Cancelled, now);
            session.Execute($"UPDATE prompts SET {ResultColumns.Assignments} WHERE seq = $seq",
                [("$seq", lease.Seq), .. ResultColumns.Parameters(settlement.Result)]);
            LongTexts.Adopt(session, lease.Seq, [.. staged.Where(text => text.Kind != LongTextFormat.Response)]);
        }
        return state == LeaseState.Held;
    }
}
