using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Storage.Sqlite.Tables.Statistics;

namespace OllamaProxy.Storage.Sqlite;

// IPromptReader.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public async Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!_commits.Queue.IsCaughtUpWithin(GoodFor))
            _writer.CatchUpSoon();
        else if (_recent.Find(id) is { } recent)
            return recent;
        var generation = _recent.Generation;
        var prompt = await ReadAsync(session => PromptRow.Find(session, id), cancellationToken);
        if (prompt is not null)
            _recent.Keep(prompt, generation);
        return prompt;
    }

    /// <inheritdoc/>
    public Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => _results.FindContent(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredResult?> FindResultAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => _results.FindResult(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredResponse?> FindResponseAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => _results.FindResponse(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<TextChunk> ReadGeneratedAsync(Prompt prompt, TextOffset after, CancellationToken cancellationToken) =>
        ReadAsync(session => GeneratedChunks.Read(session, prompt, after), cancellationToken);

    /// <inheritdoc/>
    public Task<ResponseChunk?> ReadResponseAsync(Prompt prompt, int after, CancellationToken cancellationToken) =>
        ReadAsync(session => ResponseChunks.Read(session, prompt, after), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptAttempts.List(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UsageSum>> ReadUsageAsync(UsageQuery query, CancellationToken cancellationToken) =>
        ReadAsync(session => UsageTable.Sum(session, query), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueuePause>> ListPausesAsync(CancellationToken cancellationToken) =>
        ReadAsync(PauseTable.List, cancellationToken);

    /// <inheritdoc/>
    public Task<long> CountAheadAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (_commits.Queue.CountAhead(prompt.Rank, prompt.Seq) is { } ahead)
            return Task.FromResult(ahead);
        // Nothing was written here for a while: look for once, and let the order catch up for the next who asks.
        _writer.CatchUpSoon();
        return ReadAsync(session => session.Number(
            "SELECT count(*) FROM prompts INDEXED BY prompts_in_turn WHERE status = 'queued' AND (rank, seq) < ($rank, $seq)",
            ("$rank", prompt.Rank), ("$seq", prompt.Seq)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(
        Guid? batch, string? owner, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptList.Count(session, batch, owner), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptList.Read(session, query), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PromptSummary>> SummariseAsync(IReadOnlyCollection<long> seqs, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptList.Read(session, seqs), cancellationToken);

    /// <inheritdoc/>
    public Task<QueueHistory> ReadHistoryAsync(DateTimeOffset since, string? owner, CancellationToken cancellationToken) =>
        ReadAsync(session => RecentHistory.Read(session, since, owner), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ServedPrompt>> ReadServedAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        ReadAsync(session => RecentHistory.ReadServed(session, since), cancellationToken);

    /// <inheritdoc/>
    public Task<TimeSpan?> MeanRunAsync(CancellationToken cancellationToken) =>
        ReadAsync(PromptAttempts.MeanRun, cancellationToken);

    /// <inheritdoc/>
    public void CatchUpSoon() => _writer.CatchUpSoon();
}
