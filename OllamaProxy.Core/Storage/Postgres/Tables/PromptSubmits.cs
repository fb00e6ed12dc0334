using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>Calls of the functions <c>submit</c> and <c>submit_batch</c>.</summary>
internal static class PromptSubmits
{
    private const int Repeated = 1;
    private const int Conflicting = 2;
    private const int Full = 3;
    private const int TooLate = 4;
    private const int OverLimit = 5;

    public static NpgsqlBatchCommand Submit(
        NewPrompt prompt, Prompt draft, IReadOnlyList<StagedText> staged, long maxQueued, ClaimTerms? terms, Lease lease,
            DateTimeOffset now)
    {
        var (text, request) = (BytesOf(LongTextFormat.ColumnOf(prompt.Text))!, RequestOf(prompt));
        var body = LongTextFormat.ColumnOf(prompt.Call?.Body ?? default);
        return Within("submit", prompt.Limits,
            Of(draft.CreatedAt), Of(draft.Id), Utf8(prompt.Model), Utf8(prompt.Call?.Endpoint), Of(prompt.Priority), Of(draft.Rank),
            Of(prompt.MaxAttempts), Of(prompt.Timeout?.TotalSeconds), Of(draft.ExpiresAt?.ToUnixTimeMilliseconds()),
            Utf8(prompt.Owner), Utf8(prompt.Account), Of(draft.Batch), Of(prompt.Fingerprint),
            Bytes(text), Of(Checksum.Of(text)), Of(request), Of(Checksum.Of(request.Span)), Of(prompt.Metadata),
            Utf8(prompt.Call?.Query), Utf8(prompt.Call?.Headers.ToJson()), Of(body), Of(Checksum.Of(body.Span)),
            Of([.. staged.Select(each => each.Id)]), Words([.. staged.Select(each => each.Kind)]),
            Of(maxQueued), Utf8(prompt.IdempotencyKey), Of((now + PromptDraft.KeyLifetime).ToUnixTimeMilliseconds()),
            Of(prompt.ClientLease is not null), Of(prompt.ClientLease?.Worker),
            Of(prompt.ClientLease is { } client ? (now + client.LeaseLength).ToUnixTimeMilliseconds() : null),
            Of(terms is null ? null : lease.Token), Of(terms is null ? null : (now + terms.LeaseLength).ToUnixTimeMilliseconds()),
            Utf8(terms?.Backend), Of(terms?.Concurrency), Of(terms?.TakesSlot ?? false),
            Of(terms?.PredecessorLease?.Seq), Of(terms?.PredecessorLease?.Token), Of(terms?.Worker));
    }

    /// <summary>Reads the outcome of a submission.</summary>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="OverLimitException">The owner has reached a limit.</exception>
    /// <exception cref="StoreException">A staged text was removed before it could be adopted.</exception>
    public static Submitted Read(NpgsqlDataReader row, NewPrompt prompt, Prompt draft, long maxQueued)
    {
        var outcome = row.GetInt32(0);
        var use = UseOf(row, 4, draft.CreatedAt, 1);
        RefuseIfNotStored(outcome, 1, row.Int64OrNull(2), maxQueued, prompt.Limits, use);
        return new(row.GetInt64(1), row.GetBoolean(3), outcome switch
        {
            Repeated => SubmissionOutcome.Repeated,
            Conflicting => SubmissionOutcome.Conflicting,
            _ => SubmissionOutcome.Accepted,
        }, use);
    }

    public static NpgsqlBatchCommand SubmitBatch(
        IReadOnlyList<NewPrompt> prompts, IReadOnlyList<Prompt> drafts, IReadOnlyList<IReadOnlyList<StagedText>> staged, long maxQueued)
    {
        var texts = prompts.Select(prompt => BytesOf(LongTextFormat.ColumnOf(prompt.Text))).ToArray();
        var requests = prompts.Select(prompt => (byte[]?)RequestOf(prompt).ToArray()).ToArray();
        var owned = staged.SelectMany((each, owner) => each.Select(text => (text.Id, text.Kind, Owner: owner + 1))).ToList();
        return Within("submit_batch", prompts is [{ Owner: not null } first, ..] ? first.Limits : OwnerLimits.None,
            Of(drafts.Count > 0 ? drafts[0].CreatedAt : default(DateTimeOffset)), Of(drafts.Count > 0 ? drafts[0].Batch : null),
                Of(maxQueued),
            Of([.. drafts.Select(draft => draft.Id)]),
            Of([.. prompts.Select(prompt => prompt.Owner is null ? null : BytesOf(prompt.Owner))]),
            Of([.. prompts.Select(prompt => prompt.Account is null ? null : BytesOf(prompt.Account))]),
            Of([.. prompts.Select(prompt => BytesOf(prompt.Model))]),
            Of([.. prompts.Select(prompt => prompt.Priority)]),
            Of((long[])[.. drafts.Select(draft => draft.Rank)]),
            Of([.. prompts.Select(prompt => prompt.MaxAttempts)]),
            Of([.. prompts.Select(prompt => prompt.Timeout?.TotalSeconds)]),
            Of([.. drafts.Select(draft => draft.ExpiresAt?.ToUnixTimeMilliseconds())]),
            Of([.. prompts.Select(prompt => prompt.Fingerprint?.ToArray())]),
            Of(texts), Of((long[])[.. texts.Select(text => Checksum.Of(text))]),
            Of(requests), Of((long[])[.. requests.Select(request => Checksum.Of(request))]),
            Of([.. prompts.Select(prompt => prompt.Metadata?.ToArray())]),
            Of((long[])[.. owned.Select(text => text.Id)]), Words([.. owned.Select(text => text.Kind)]),
            Of((int[])[.. owned.Select(text => text.Owner)]));
    }

    /// <summary>Reads the numbers of the prompts of a batch.</summary>
    /// <exception cref="QueueFullException">The queue has no room for all of them.</exception>
    /// <exception cref="OverLimitException">The owner has reached a limit.</exception>
    /// <exception cref="StoreException">A staged text was removed before it could be adopted.</exception>
    public static long[] ReadBatch(NpgsqlDataReader row, IReadOnlyList<NewPrompt> prompts, IReadOnlyList<Prompt> drafts, long maxQueued)
    {
        RefuseIfNotStored(row.GetInt32(0), prompts.Count, row.Int64OrNull(2), maxQueued,
            prompts.Count > 0 ? prompts[0].Limits : OwnerLimits.None,
            UseOf(row, 3, drafts.Count > 0 ? drafts[0].CreatedAt : default, prompts.Count));
        return row.GetFieldValue<long[]>(1);
    }

    /// <summary>Calls a function, or the one that does the same within the limits of an owner.</summary>
    private static NpgsqlBatchCommand Within(string function, OwnerLimits limits, params ReadOnlySpan<NpgsqlParameter> values) =>
        !limits.AreCounted ? Call(function, values)
        : Call($"{function}_within", [.. values, Of((long?[])
            [limits.RequestsPerMinute, limits.TokensPerMinute, limits.TokensPerDay, limits.MaxQueued])]);

    /// <summary>What the owner has used; null: it was not counted.</summary>
    public static OwnerUse? UseOf(NpgsqlDataReader row, int column, DateTimeOffset at, int submitted) =>
        row.FieldCount > column && !row.IsDBNull(column) && row.GetFieldValue<long[]>(column) is var use
            ? new(at, submitted, use[0], new(use[1], use[2]), new(use[3], use[4]), use[5]) : null;

    private static void RefuseIfNotStored(int outcome, int count, long? queued, long maxQueued, OwnerLimits limits, OwnerUse? use)
    {
        if (outcome == OverLimit)
            throw new OverLimitException(limits, use!);
        if (outcome == Full)
            throw new QueueFullException(count, queued!.Value, maxQueued);
        if (outcome == TooLate)
            throw StoreMessages.TooLate();
    }

    private static ReadOnlyMemory<byte> RequestOf(NewPrompt prompt) =>
        LongTextFormat.IsLong(prompt.Request) ? PromptDraft.NoFields : prompt.Request;
}

/// <summary>The outcome of a submission.</summary>
/// <param name="Seq">The number of the new prompt, or of the earlier one.</param>
/// <param name="IsClaimed">Whether the new prompt was claimed at once.</param>
/// <param name="Outcome">Whether there was an earlier prompt, and how it compares.</param>
/// <param name="Use">What the owner has used of its limits; null: it was not counted.</param>
internal readonly record struct Submitted(long Seq, bool IsClaimed, SubmissionOutcome Outcome, OwnerUse? Use);
