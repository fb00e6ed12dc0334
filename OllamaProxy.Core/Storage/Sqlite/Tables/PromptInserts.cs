using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Tables.Owners;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Inserts submissions. Each method runs within a transaction of the writer.</summary>
internal static class PromptInserts
{
    public static (Submission Submission, ClaimedPrompt? Claimed) Add(
        SqliteSession session,
        NewPrompt prompt,
        Prompt draft,
        IReadOnlyList<StagedText> staged,
        long maxQueued,
        ClaimTerms? terms,
        DateTimeOffset now)
    {
        if (FindEarlier(session, prompt, now) is { } earlier)
            return (earlier, null);
        string? shared = null;
        var begins = terms is not null && Queued(session) == 0 && SqliteLeases.HasSlot(session, terms, out shared);
        if (!begins)
            RefuseIfFull(session, 1, maxQueued);
        var use = OwnerUseTable.Take(session, prompt, submitted: 1, queued: begins ? 0 : 1, now);
        var added = Insert(session, prompt, begins ? PromptDraft.Started(draft, now) : draft, staged);
        if (prompt.Call is { } call)
            PromptCalls.Insert(session, added.Seq, call);
        if (prompt.ClientLease is { } connection)
            ClientLeaseTable.Insert(session, added.Seq, connection, now);
        if (prompt.IdempotencyKey is { } key)
            session.Execute(
                "INSERT OR REPLACE INTO idempotency_keys (owner, key, seq, expires_at) VALUES ($owner, $key, $seq, $expires_at)",
                ("$owner", prompt.Owner ?? ""), ("$key", key), ("$seq", added.Seq),
                ("$expires_at", (now + PromptDraft.KeyLifetime).ToUnixTimeMilliseconds()));
        // A client is told what it handed in: that it was queued, however short that was.
        var claimed = begins ? Claim(session, prompt, added, shared, terms!, now) : null;
        return (new(draft with { Seq = added.Seq }, SubmissionOutcome.Accepted) { Use = use }, claimed);
    }

    public static IReadOnlyList<Prompt> AddBatch(
        SqliteSession session,
        IReadOnlyList<NewPrompt> prompts,
        IReadOnlyList<Prompt> drafts,
        IReadOnlyList<IReadOnlyList<StagedText>> staged,
        long maxQueued,
        DateTimeOffset now)
    {
        RefuseIfFull(session, prompts.Count, maxQueued);
        if (prompts.Count > 0)
            OwnerUseTable.Take(session, prompts[0], prompts.Count, prompts.Count, now);
        return [.. prompts.Zip(drafts, staged).Select(each => Insert(session, each.First, each.Second, each.Third))];
    }

    private static void RefuseIfFull(SqliteSession session, int more, long maxQueued)
    {
        if (maxQueued == 0)
            return;
        var queued = Queued(session);
        if (queued + more > maxQueued)
            throw new QueueFullException(more, queued, maxQueued);
    }

    private static long Queued(SqliteSession session) => session.Number("SELECT prompts FROM counts WHERE status = 'queued'");

    private static ClaimedPrompt Claim(
        SqliteSession session, NewPrompt prompt, Prompt added, string? shared, ClaimTerms terms, DateTimeOffset now) =>
        PromptDraft.Claimed(prompt, added, SqliteLeases.Begin(session, added.Seq, added.Attempts, shared, terms, now));

    private static Submission? FindEarlier(SqliteSession session, NewPrompt prompt, DateTimeOffset now)
    {
        if (prompt.Fingerprint is null)
            return null;
        using var row = session.Query(
            $"""
            SELECT {PromptRow.Columns}, coalesce(fingerprint = $fingerprint, FALSE) FROM prompts
            WHERE id = $id
                OR seq = (SELECT seq FROM idempotency_keys WHERE owner = $owner AND key = $key AND expires_at > $now)
            """,
            ("$fingerprint", prompt.Fingerprint), ("$id", prompt.Id?.ToString()), ("$owner", prompt.Owner ?? ""),
            ("$key", prompt.IdempotencyKey), ("$now", now.ToUnixTimeMilliseconds()));
        return row.Read()
            ? new(PromptRow.Read(row), row.Int64(PromptRow.Next) != 0 ? SubmissionOutcome.Repeated : SubmissionOutcome.Conflicting)
            : null;
    }

    private static Prompt Insert(SqliteSession session, NewPrompt prompt, Prompt draft, IReadOnlyList<StagedText> staged)
    {
        var text = LongTextFormat.ColumnOf(prompt.Text);
        var request = LongTextFormat.IsLong(prompt.Request) ? PromptDraft.NoFields : prompt.Request;
        session.Execute(
            """
            INSERT INTO prompts (
                id, prompt, prompt_checksum, model, request, request_checksum, metadata, fingerprint, priority, rank,
                max_attempts, timeout, expires_at, owner, account, batch, created_at, updated_at, status, attempts, started_at,
                callback_url, callback_events)
            VALUES (
                $id, $prompt, $prompt_checksum, $model, CAST($request AS TEXT), $request_checksum, CAST($metadata AS TEXT), $fingerprint,
                $priority, $rank, $max_attempts, $timeout, $expires_at, $owner, $account, $batch, $now, $now, $status, $attempts,
                $started_at, $callback_url, $callback_events)
            """,
            ("$id", draft.Id.ToString()),
            ("$prompt", text),
            ("$prompt_checksum", Checksum.Of(text)),
            ("$model", prompt.Model),
            ("$request", request),
            ("$request_checksum", Checksum.Of(request.Span)),
            ("$metadata", prompt.Metadata),
            ("$fingerprint", prompt.Fingerprint),
            ("$priority", prompt.Priority),
            ("$rank", draft.Rank),
            ("$max_attempts", prompt.MaxAttempts),
            ("$timeout", prompt.Timeout?.TotalSeconds),
            ("$expires_at", draft.ExpiresAt?.ToUnixTimeMilliseconds()),
            ("$owner", draft.Owner),
            ("$account", draft.Account),
            ("$batch", draft.Batch?.ToString()),
            ("$now", SqliteTime.Write(draft.CreatedAt)),
            ("$status", draft.Status.Name()),
            ("$attempts", draft.Attempts),
            ("$started_at", draft.StartedAt is { } startedAt ? SqliteTime.Write(startedAt) : null),
            ("$callback_url", prompt.Callback?.Url),
            ("$callback_events", prompt.Callback?.Events));
        var added = draft with { Seq = session.LastInsertedRow };
        LoadTable.Insert(session, added.Seq, prompt.LoadOptions);
        TraceTable.Insert(session, added.Seq, prompt.TraceParent);
        LongTexts.Adopt(session, added.Seq, staged);
        return added;
    }
}
