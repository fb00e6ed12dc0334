using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Tables;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres;

// IPromptCommands.
public sealed partial class PostgresPromptStore
{
    /// <inheritdoc/>
    public async Task<(Submission Submission, ClaimedPrompt? Claimed)> AddAsync(NewPrompt prompt, long maxQueued, ClaimTerms? terms,
        CancellationToken cancellationToken)
    {
        var staged = await _staging.StageAsync(prompt, cancellationToken);
        // Long texts are not held in memory while the prompt runs: the worker that claims it reads them from the database. And a prompt is
        // not claimed at once while others are queued, since they come first.
        var atOnce = staged.Count == 0 && _feed.Queue.Count == 0 ? terms : null;
        while (true)
        {
            var draft = PromptDraft.Of(prompt, null, _ageingStep, _time.GetUtcNow());
            var (lease, now) = (Lease.New(0), default(DateTimeOffset));
            var submitted = await WriteAsync(
                writtenAt => PromptSubmits.Submit(prompt, draft, staged, maxQueued, atOnce, lease, now = writtenAt),
                row => PromptSubmits.Read(row, prompt, draft, maxQueued),
                _ => [.. LoadRow.Insert([prompt], [draft]), .. TraceRow.Insert([prompt], [draft]), .. CallbackRow.Add([prompt], [draft])],
                cancellationToken, SizeOf(prompt), null, [.. LocksOf(prompt, atOnce)]);
            if (submitted.Outcome == SubmissionOutcome.Accepted)
            {
                var claimed = submitted.IsClaimed
                    ? PromptDraft.Claimed(prompt, PromptDraft.Started(draft, draft.CreatedAt), lease with { Seq = submitted.Seq }) : null;
                return (new(draft with { Seq = submitted.Seq }, SubmissionOutcome.Accepted) { Use = submitted.Use }, claimed);
            }
            // The earlier prompt may have been deleted since. Then the next attempt accepts this one.
            if (await _readers.FirstAsync(PromptRow.Find(submitted.Seq), PromptRow.Read, cancellationToken) is { } earlier)
                return (new(earlier, submitted.Outcome), null);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Prompt>> AddBatchAsync(Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued,
        CancellationToken cancellationToken)
    {
        var staged = new List<IReadOnlyList<StagedText>>();
        foreach (var prompt in prompts)
            staged.Add(await _staging.StageAsync(prompt, cancellationToken));
        var now = _time.GetUtcNow();
        var drafts = prompts.Select(prompt => PromptDraft.Of(prompt, batch, _ageingStep, now)).ToList();
        var numbers = await WriteAsync(
            _ => PromptSubmits.SubmitBatch(prompts, drafts, staged, maxQueued), row =>
                PromptSubmits.ReadBatch(row, prompts, drafts, maxQueued),
            _ => [.. LoadRow.Insert(prompts, drafts), .. TraceRow.Insert(prompts, drafts), .. CallbackRow.Add(prompts, drafts)],
            cancellationToken, prompts.Sum(SizeOf), null,
            [.. prompts.Take(1).SelectMany(first => LocksOf(first, null))]);
        return [.. drafts.Zip(numbers!, (draft, seq) => draft with { Seq = seq })];
    }

    /// <inheritdoc/>
    public async Task<Prompt?> CancelAsync(Guid id, CancellationToken cancellationToken) => (await ChangeAsync(
        id, now => Call("cancel", Of(now), Of(id), Utf8(StoreMessages.Cancelled)), cancellationToken)).Prompt;

    /// <inheritdoc/>
    public Task<ChangeResult> RetryAsync(Guid id, CancellationToken cancellationToken) =>
        ChangeAsync(id, now => Call("retry", Of(now), Of(id), Utf8(StoreMessages.Cancelled)), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeResult> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken) =>
        ChangeAsync(id, now =>
            Call("prioritise", Of(now), Of(id), Of(priority), Of((long)_ageingStep.TotalMilliseconds)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync(_ => Call("remove", Of(id)), row => row.GetBoolean(0), cancellationToken, prompt: new PromptKey(id, null));

    /// <inheritdoc/>
    public async Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken) => (await ChangeAsync(
        id, now => Call("reconnect", Of(now), Of(id), Of(connection.Worker), Of((now + connection.LeaseLength).ToUnixTimeMilliseconds()),
            Utf8(StoreMessages.ClientGone)), cancellationToken)).Prompt;

    /// <inheritdoc/>
    public Task RenewClientLeasesAsync(IReadOnlyCollection<Guid> ids, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync(now => RenewConnections(ids, now + length, long.MaxValue), _ => true, cancellationToken);

    /// <inheritdoc/>
    public Task PauseAsync(PauseScope scope, string name, CancellationToken cancellationToken) =>
        WriteAsync(now => PauseRow.Add(scope, name, now), _ => true, cancellationToken);

    /// <inheritdoc/>
    public Task ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken) =>
        WriteAsync(_ => Call("resume", Word(scope.Name()), Utf8(name)), _ => true, cancellationToken);

    private static Npgsql.NpgsqlBatchCommand RenewConnections(IEnumerable<Guid> ids, DateTimeOffset expiresAt, long expiredBy) =>
        Call("renew_connections", Of((Guid[])[.. ids]), Of(expiresAt.ToUnixTimeMilliseconds()), Of(expiredBy));

    /// <summary>Calls a function that changes a prompt, and reads the changed prompt in the same transaction.</summary>
    private async Task<ChangeResult> ChangeAsync(Guid id, Func<DateTimeOffset, Npgsql.NpgsqlBatchCommand> change,
        CancellationToken cancellationToken)
    {
        var (allowed, prompt) = (false, default(Prompt));
        await _writer.RunAsync(new(now =>
        {
            (allowed, prompt) = (false, null);
            return
            [
                new PostgresStatement(change(now), row => allowed = row.GetBoolean(0)),
                new PostgresStatement(PromptRow.Find(id), row => prompt = PromptRow.Read(row)),
            ];
        })
        {
            Prompt = new(id, null),
        }, cancellationToken);
        return new(prompt, allowed);
    }

    private static long SizeOf(NewPrompt prompt) =>
        Math.Min(prompt.Text.Length, LongText.MaxShort) + LongTextFormat.ColumnOf(prompt.Request).Length
            + LongTextFormat.ColumnOf(prompt.Call?.Body ?? default).Length;

    private static IEnumerable<long> LocksOf(NewPrompt prompt, ClaimTerms? terms)
    {
        if (prompt.Fingerprint is not null && prompt.IdempotencyKey is { } key)
            yield return AdvisoryLock.OfKey(key);
        if (prompt.Fingerprint is not null && prompt.Id is { } id)
            yield return AdvisoryLock.OfId(id);
        if (prompt is { Owner: { } owner, Limits.AreCounted: true })
            yield return AdvisoryLock.OfOwner(owner);
        if (terms is not null)
            yield return AdvisoryLock.OfBackend(terms.Backend);
    }
}
