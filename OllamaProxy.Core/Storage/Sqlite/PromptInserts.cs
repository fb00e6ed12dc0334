using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>Submissions. Each method is part of one transaction of the writer.</summary>
internal static class PromptInserts
{
    /// <summary>For how long an idempotency key is good, as it is with other services that have them.</summary>
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    public static Submission Add(SqliteConnection connection, NewPrompt prompt, long maxQueued, DateTimeOffset now)
    {
        if (FindEarlier(connection, prompt, now) is { } earlier)
            return earlier;
        RefuseIfFull(connection, 1, maxQueued);
        var added = Insert(connection, prompt, null, now);
        if (prompt.IdempotencyKey is { } key)
            connection.Execute("INSERT OR REPLACE INTO idempotency_keys (key, seq, expires_at) VALUES ($key, $seq, $expires_at)",
                ("$key", key), ("$seq", added.Seq), ("$expires_at", (now + KeyLifetime).ToUnixTimeMilliseconds()));
        return new(added, SubmissionOutcome.Accepted);
    }

    public static IReadOnlyList<Prompt> AddBatch(SqliteConnection connection, Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued, DateTimeOffset now)
    {
        RefuseIfFull(connection, prompts.Count, maxQueued);
        return [.. prompts.Select(prompt => Insert(connection, prompt, batch, now))];
    }

    private static void RefuseIfFull(SqliteConnection connection, int more, long maxQueued)
    {
        if (maxQueued == 0)
            return;
        var queued = connection.Number("SELECT prompts FROM counts WHERE status = 'queued'");
        if (queued + more > maxQueued)
            throw new QueueFullException(queued, maxQueued);
    }

    private static Submission? FindEarlier(SqliteConnection connection, NewPrompt prompt, DateTimeOffset now)
    {
        if (prompt.Id is null && prompt.IdempotencyKey is null)
            return null;
        using var command = connection.Command(
            $"""
            SELECT {PromptRow.Columns}, coalesce(fingerprint = $fingerprint, FALSE) FROM prompts
            WHERE id = $id OR seq = (SELECT seq FROM idempotency_keys WHERE key = $key AND expires_at > $now)
            """,
            ("$fingerprint", prompt.Fingerprint?.ToArray()), ("$id", prompt.Id?.ToString()), ("$key", prompt.IdempotencyKey), ("$now", now.ToUnixTimeMilliseconds()));
        using var row = command.ExecuteReader();
        return row.Read()
            ? new(PromptRow.Read(row), row.GetBoolean(PromptRow.Next) ? SubmissionOutcome.Repeated : SubmissionOutcome.Conflicting)
            : null;
    }

    private static Prompt Insert(SqliteConnection connection, NewPrompt prompt, Guid? batch, DateTimeOffset now)
    {
        using var command = connection.Command(
            $"""
            INSERT INTO prompts (id, prompt, model, request, metadata, fingerprint, priority, rank, max_attempts, timeout, expires_at, batch, created_at, updated_at)
            VALUES ($id, $prompt, $model, CAST($request AS TEXT), CAST($metadata AS TEXT), $fingerprint, $priority, $rank, $max_attempts, $timeout, $expires_at, $batch, $now, $now)
            RETURNING {PromptRow.Columns}
            """,
            ("$id", (prompt.Id ?? Guid.CreateVersion7(now)).ToString()),
            ("$prompt", prompt.Text),
            ("$model", prompt.Model),
            ("$request", prompt.Request.ToArray()),
            ("$metadata", prompt.Metadata?.ToArray()),
            ("$fingerprint", prompt.Fingerprint?.ToArray()),
            ("$priority", prompt.Priority),
            ("$rank", Rank.Of(now, prompt.Priority)),
            ("$max_attempts", prompt.MaxAttempts),
            ("$timeout", prompt.Timeout?.TotalSeconds),
            ("$expires_at", (now + prompt.ExpiresIn)?.ToUnixTimeMilliseconds()),
            ("$batch", batch?.ToString()),
            ("$now", SqliteTime.Write(now)));
        using var row = command.ExecuteReader();
        row.Read();
        return PromptRow.Read(row);
    }
}
