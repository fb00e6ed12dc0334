using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite;

// IPromptCommands.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public async Task<(Submission Submission, ClaimedPrompt? Claimed)> AddAsync(
        NewPrompt prompt, long maxQueued, ClaimTerms? terms, CancellationToken cancellationToken)
    {
        var staged = await _staging.StageAsync(prompt, cancellationToken);
        // A prompt with long texts is not claimed at once: the worker would hold them in memory while it runs.
        var atOnce = staged.Count == 0 ? terms : null;
        var draft = PromptDraft.Of(prompt, null, _ageingStep, _time.GetUtcNow());
        return await WriteAsync(
            (session, now) => PromptInserts.Add(session, prompt, draft, staged, maxQueued, atOnce, now),
            added =>
            {
                if (added.Claimed is { } claimed)
                    atOnce?.Committing?.Invoke(claimed);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Prompt>> AddBatchAsync(
        Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued, CancellationToken cancellationToken)
    {
        var staged = new List<IReadOnlyList<StagedText>>();
        foreach (var prompt in prompts)
            staged.Add(await _staging.StageAsync(prompt, cancellationToken));
        var now = _time.GetUtcNow();
        var drafts = prompts.Select(prompt => PromptDraft.Of(prompt, batch, _ageingStep, now)).ToList();
        return await WriteAsync(
            (session, writtenAt) => PromptInserts.AddBatch(session, prompts, drafts, staged, maxQueued, writtenAt), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Prompt?> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => PromptChanges.Cancel(session, id, now), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeResult> RetryAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => PromptChanges.Retry(session, id, now), cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeResult> ChangePriorityAsync(Guid id, int priority, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => PromptChanges.Prioritise(session, id, priority, _ageingStep, now), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync((session, _) => PromptChanges.Delete(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => ClientLeaseTable.Reconnect(session, id, connection, now), cancellationToken);

    /// <inheritdoc/>
    public Task RenewClientLeasesAsync(IReadOnlyCollection<Guid> ids, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) =>
        {
            ClientLeaseTable.Renew(session, ids, now + length, expiredBy: DateTimeOffset.MaxValue);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task PauseAsync(PauseScope scope, string name, CancellationToken cancellationToken) => WriteAsync((session, now) =>
    {
        PauseTable.Add(session, scope, name, now);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken) => WriteAsync((session, _) =>
    {
        PauseTable.Remove(session, scope, name);
        return true;
    }, cancellationToken);
}
