using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Tables;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres;

// IPromptReader.
public sealed partial class PostgresPromptStore
{
    /// <inheritdoc/>
    public async Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!_feed.Queue.IsCaughtUpWithin(GoodFor))
            _writer.CatchUpSoon();
        else if (_recent.Find(id) is { } recent)
            return recent;
        var generation = _recent.Generation;
        var prompt = await _readers.FirstAsync(PromptRow.Find(id), PromptRow.Read, cancellationToken);
        if (prompt is not null)
            _recent.Keep(prompt, generation);
        return prompt;
    }

    /// <inheritdoc/>
    public Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken) =>
        _results.FindContentAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<StoredResult?> FindResultAsync(Guid id, CancellationToken cancellationToken) =>
        _results.FindResultAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<StoredResponse?> FindResponseAsync(Guid id, CancellationToken cancellationToken) =>
        _results.FindResponseAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<TextChunk> ReadGeneratedAsync(Prompt prompt, TextOffset after, CancellationToken cancellationToken) =>
        PromptHistory.ReadGeneratedAsync(_readers, prompt, after, cancellationToken);

    /// <inheritdoc/>
    public Task<ResponseChunk?> ReadResponseAsync(Prompt prompt, int after, CancellationToken cancellationToken) =>
        ResponseChunks.ReadAsync(_readers, prompt, after, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(Guid id, CancellationToken cancellationToken) =>
        PromptHistory.ListAttemptsAsync(_readers, id, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UsageSum>> ReadUsageAsync(UsageQuery query, CancellationToken cancellationToken) =>
        UsageTable.SumAsync(_readers, query, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueuePause>> ListPausesAsync(CancellationToken cancellationToken) =>
        await _readers.ListAsync(Statement(PauseRow.List), PauseRow.Read, cancellationToken);

    /// <inheritdoc/>
    public Task<long> CountAheadAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (_feed.Queue.CountAhead(prompt.Rank, prompt.Seq) is { } ahead)
            return Task.FromResult(ahead);
        // The copy of the queue is out of date: count in the database this time, and have the copy catch up for the next call.
        _writer.CatchUpSoon();
        return _readers.FirstAsync(Statement(
            $"SELECT count(*) FROM {ProxySchema}.prompts WHERE status = 'queued' AND (rank, seq) < ($1, $2)", Of(prompt.Rank),
                Of(prompt.Seq)), row => row.GetInt64(0), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(
        Guid? batch, string? owner, CancellationToken cancellationToken) =>
        PromptList.CountAsync(_readers, batch, owner, cancellationToken);

    /// <inheritdoc/>
    public Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken) =>
        PromptList.ReadAsync(_readers, query, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PromptSummary>> SummariseAsync(IReadOnlyCollection<long> seqs, CancellationToken cancellationToken) =>
        PromptList.ReadAsync(_readers, seqs, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueHistory> ReadHistoryAsync(DateTimeOffset since, string? owner, CancellationToken cancellationToken) =>
        PromptHistory.ReadAsync(_readers, TimeOf(since), owner, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ServedPrompt>> ReadServedAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        PromptHistory.ReadServedAsync(_readers, TimeOf(since), cancellationToken);

    /// <inheritdoc/>
    public Task<TimeSpan?> MeanRunAsync(CancellationToken cancellationToken) => PromptHistory.MeanRunAsync(_readers, cancellationToken);

    /// <inheritdoc/>
    public void CatchUpSoon() => _writer.CatchUpSoon();
}
