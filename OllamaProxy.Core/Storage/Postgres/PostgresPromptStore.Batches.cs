using OllamaProxy.Batches;
using OllamaProxy.Files;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Tables;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres;

// IBatchStore.
public sealed partial class PostgresPromptStore
{
    /// <inheritdoc/>
    public async Task<Batch?> AddBatchAsync(NewBatch batch, CancellationToken cancellationToken) =>
        await WriteAsync(now => BatchRow.Add(batch, now), row => row.GetBoolean(0), _ => CallbackRow.Add(batch), cancellationToken)
            ? await FindBatchAsync(batch.Id, cancellationToken) : null;

    /// <inheritdoc/>
    public Task<Batch?> FindBatchAsync(Guid id, CancellationToken cancellationToken) =>
        _readers.FirstAsync(BatchRow.Find(id), BatchRow.Read, cancellationToken);

    /// <inheritdoc/>
    public Task<StoredFile?> FindBatchFileAsync(Guid id, CancellationToken cancellationToken) =>
        _readers.FirstAsync(BatchRow.FindFile(id), FileRow.Read, cancellationToken);

    /// <inheritdoc/>
    public async Task<BatchPage> ListBatchesAsync(BatchQuery query, CancellationToken cancellationToken) =>
        BatchApiNames.PageOf(await _readers.ListAsync(BatchRow.List(query), BatchRow.Read, cancellationToken), query);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Batch>> ListOpenBatchesAsync(CancellationToken cancellationToken) =>
        await _readers.ListAsync(Statement(BatchRow.Open), BatchRow.Read, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TakeBatchAsync(Guid id, Guid runner, TimeSpan length, CancellationToken cancellationToken) => WriteAsync(
        now => Call("take_batch", Of(id), Of(runner), Of(now.ToUnixTimeMilliseconds()), Of((now + length).ToUnixTimeMilliseconds())),
        row => row.GetBoolean(0), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> AdvanceBatchAsync(Guid id, BatchAdvance advance, CancellationToken cancellationToken) =>
        WriteAsync(now => BatchRow.Advance(id, advance, now), row => row.GetBoolean(0), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> FeedBatchAsync(
        Batch batch, IReadOnlyList<BatchLine> lines, BatchCursor next, long maxQueued, CancellationToken cancellationToken)
    {
        var staged = new List<IReadOnlyList<StagedText>>();
        foreach (var line in lines)
            staged.Add(await _staging.StageAsync(line.Prompt, cancellationToken));
        var now = _time.GetUtcNow();
        var drafts = lines.Select(line => PromptDraft.Of(line.Prompt, batch.Id, _ageingStep, now)).ToList();
        return await WriteAsync(
            _ => BatchRow.Feed(batch, lines, drafts, staged, next, maxQueued), row => BatchRow.ReadFed(row, lines, now, maxQueued),
            cancellationToken, lines.Sum(line => SizeOf(line.Prompt)), null, [.. LocksOf(lines[0].Prompt, null)]);
    }

    /// <inheritdoc/>
    public async Task<BatchProgress> ReadProgressAsync(Batch batch, int limit, CancellationToken cancellationToken)
    {
        // In this order: a prompt that ends in between is in both, not in neither.
        var open = await _readers.FirstAsync(BatchRow.CountOpen(batch), row => row.GetInt64(0), cancellationToken);
        return new(await _readers.ListAsync(BatchRow.Ended(batch, limit), BatchRow.ReadEnded, cancellationToken), open);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Guid>> ListOpenPromptsAsync(Batch batch, int limit, CancellationToken cancellationToken) =>
        await _readers.ListAsync(BatchRow.OpenPrompts(batch, limit), row => row.GetGuid(0), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CollectAsync(Batch batch, BatchCollection collection, CancellationToken cancellationToken) =>
        WriteAsync(now => BatchRow.Collect(batch, collection, now), BatchRow.ReadCollected, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteBatchAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync(_ => Call("remove_batch", Of(id)), row => row.GetBoolean(0), cancellationToken);
}
