using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Changes that clients ask for. Each method is part of one transaction of the writer.</summary>
internal static class PromptChanges
{
    /// <summary>Leaves the lease to the worker, which still runs the prompt and has yet to learn of it, and may know of more text.</summary>
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

    /// <summary>A worker that still runs the cancelled prompt finds its lease lost, and its attempt ended here.</summary>
    public static ChangeResult Retry(SqliteSession session, Guid id, DateTimeOffset now) => Of(session, id, session.Execute(
        """
        UPDATE attempts SET ended_at = $now, error = $cancelled
        WHERE ended_at IS NULL AND seq = (SELECT seq FROM prompts WHERE id = $id AND status = 'cancelled');
        UPDATE prompts SET status = 'queued', attempts = 0, available_at = 0, expires_at = NULL, error = NULL, result = NULL, thinking = NULL,
            started_at = NULL, completed_at = NULL, updated_at = $now
        WHERE id = $id AND status IN ('failed', 'cancelled')
        """, ("$id", id.ToString()), ("$now", SqliteTime.Write(now)), ("$cancelled", StoreMessages.Cancelled)));

    public static ChangeResult Prioritise(SqliteSession session, Guid id, int priority, TimeSpan ageingStep, DateTimeOffset now) => Of(session, id, session.Execute(
        """
        UPDATE prompts SET rank = rank + (priority - $priority) * $step, priority = $priority, updated_at = $now
        WHERE id = $id AND status = 'queued'
        """,
        ("$id", id.ToString()), ("$priority", priority), ("$step", (long)ageingStep.TotalMilliseconds), ("$now", SqliteTime.Write(now))));

    public static bool Delete(SqliteSession session, Guid id) =>
        session.Execute("DELETE FROM prompts WHERE id = $id", ("$id", id.ToString())) > 0;

    private static ChangeResult Of(SqliteSession session, Guid id, int changed) => new(PromptRow.Find(session, id), changed > 0);
}
