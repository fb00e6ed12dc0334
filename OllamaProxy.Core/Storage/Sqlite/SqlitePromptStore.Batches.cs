using OllamaProxy.Batches;
using OllamaProxy.Files;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite;

// IBatchStore.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public Task<Batch?> AddBatchAsync(NewBatch batch, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => BatchTable.Add(session, batch, now), cancellationToken);

    /// <inheritdoc/>
    public Task<Batch?> FindBatchAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => BatchTable.Find(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredFile?> FindBatchFileAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => FileTable.FindOfBatch(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<BatchPage> ListBatchesAsync(BatchQuery query, CancellationToken cancellationToken) =>
        ReadAsync(session => BatchTable.List(session, query), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Batch>> ListOpenBatchesAsync(CancellationToken cancellationToken) =>
        ReadAsync(BatchTable.ListOpen, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TakeBatchAsync(Guid id, Guid runner, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => BatchTable.Take(session, id, runner, now, length), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> AdvanceBatchAsync(Guid id, BatchAdvance advance, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => BatchTable.Advance(session, id, advance, now), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> FeedBatchAsync(
        Batch batch, IReadOnlyList<BatchLine> lines, BatchCursor next, long maxQueued, CancellationToken cancellationToken)
    {
        var staged = new List<IReadOnlyList<StagedText>>();
        foreach (var line in lines)
            staged.Add(await _staging.StageAsync(line.Prompt, cancellationToken));
        var draftedAt = _time.GetUtcNow();
        var drafts = lines.Select(line => PromptDraft.Of(line.Prompt, batch.Id, _ageingStep, draftedAt)).ToList();
        return await WriteAsync((session, now) =>
        {
            if (BatchTable.Find(session, batch.Id) is not { Status: BatchStatus.InProgress } known || known.Cursor != batch.Cursor)
                return false;
            var added = PromptInserts.AddBatch(session, [.. lines.Select(line => line.Prompt)], drafts, staged, maxQueued, now);
            foreach (var (line, prompt) in lines.Zip(added))
            {
                PromptCalls.Insert(session, prompt.Seq, line.Prompt.Call!);
                BatchLineTable.Insert(session, batch, line, prompt.Seq);
            }
            return BatchTable.MoveCursor(session, batch, next);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<BatchProgress> ReadProgressAsync(Batch batch, int limit, CancellationToken cancellationToken) =>
        ReadAsync(session => BatchLineTable.ReadProgress(session, batch, limit), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Guid>> ListOpenPromptsAsync(Batch batch, int limit, CancellationToken cancellationToken) =>
        ReadAsync(session => BatchLineTable.ListOpenPrompts(session, batch, limit), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CollectAsync(Batch batch, BatchCollection collection, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => BatchLineTable.Collect(session, batch, collection, now), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteBatchAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync((session, _) => BatchTable.Delete(session, id), cancellationToken);
}
