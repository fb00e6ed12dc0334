using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The changes that clients make to prompts. Each method runs within a transaction of the writer.</summary>
internal static class PromptChanges
{
    /// <summary>
    /// Cancels a prompt. Its lease stays with the worker, which still runs the prompt, and may have more text than is stored.
    /// </summary>
    public static Prompt? Cancel(SqliteSession session, Guid id, DateTimeOffset now)
    {
        session.Execute(
            $"""
            UPDATE prompts SET status = 'cancelled', error = $cancelled, completed_at = $now, updated_at = $now,
                result = {GeneratedChunks.Joined}, thinking = {GeneratedChunks.JoinedThinking}
            WHERE id = $id AND status IN ('queued', 'processing')
            """, ("$id", id.ToString()), ("$now", SqliteTime.Write(now)), ("$cancelled", StoreMessages.Cancelled));
        return PromptRow.Find(session, id);
    }

    /// <summary>
    /// Queues a prompt again, and ends the attempt of a worker that still runs the cancelled prompt. The worker then finds its lease lost.
    /// </summary>
    public static ChangeResult Retry(SqliteSession session, Guid id, DateTimeOffset now) => Of(session, id, session.Execute(
        """
        UPDATE attempts SET ended_at = $now, error = $cancelled
        WHERE ended_at IS NULL AND seq = (SELECT seq FROM prompts WHERE id = $id AND status = 'cancelled');
        UPDATE prompts SET status = 'queued', attempts = 0, available_at = 0, expires_at = NULL,
            error = NULL, result = NULL, thinking = NULL, started_at = NULL, completed_at = NULL, updated_at = $now
        WHERE id = $id AND status IN ('failed', 'cancelled')
        """, ("$id", id.ToString()), ("$now", SqliteTime.Write(now)), ("$cancelled", StoreMessages.Cancelled)));

    public static ChangeResult Prioritise(SqliteSession session, Guid id, int priority, TimeSpan ageingStep, DateTimeOffset now)
    {
        var changed = session.Execute(
            """
            UPDATE prompts SET rank = rank + (priority - $priority) * $step, priority = $priority, updated_at = $now
            WHERE id = $id AND status = 'queued'
            """,
            ("$id", id.ToString()), ("$priority", priority), ("$step", (long)ageingStep.TotalMilliseconds),
            ("$now", SqliteTime.Write(now)));
        return Of(session, id, changed);
    }

    public static bool Delete(SqliteSession session, Guid id) =>
        session.Execute("DELETE FROM prompts WHERE id = $id", ("$id", id.ToString())) > 0;

    private static ChangeResult Of(SqliteSession session, Guid id, int changed) => new(PromptRow.Find(session, id), changed > 0);
}
