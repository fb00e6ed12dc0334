using Microsoft.Data.Sqlite;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Sqlite.Caching;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Storage.Sqlite.Tables;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>Prompts in a SQLite file. Writes go through one <see cref="SqliteWriter"/>; reads never wait for them.</summary>
public sealed class SqlitePromptStore : IPromptStore, IAsyncDisposable
{
    /// <summary>For so long a status is good without a look at what other processes wrote.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly SqliteDatabase _database;
    private readonly SqliteReaders _readers;
    private readonly CommitObserver _order;
    private readonly PromptCache _recent = new();
    private readonly ResultTexts _results;
    private readonly LongTextStaging _staging;
    private readonly LongTextReader _longTexts;
    private readonly SqliteWriter _writer;
    private readonly LeaseClocks _leaseClocks;
    private readonly TimeSpan _ageingStep;
    private readonly TimeProvider _time;

    private SqlitePromptStore(SqliteDatabase database, SqliteConnection connection, OpenFiles files, TimeSpan ageingStep, TimeProvider time)
    {
        var session = new SqliteSession(connection);
        _database = database;
        _readers = new(database, files);
        _staging = new(this);
        _longTexts = new(this);
        _results = new(this, _longTexts);
        _order = new(session, _recent, Notifier, ageingStep, time);
        _writer = new(database, session, files, _order);
        _leaseClocks = new(time);
        _ageingStep = ageingStep;
        _time = time;
    }

    /// <inheritdoc/>
    public ChangeNotifier Notifier { get; } = new();

    /// <summary>Opens the file, and makes it, migrates it, or takes it over from the original program first where needed.</summary>
    /// <param name="path">The full path. Its folder is made if it is not there.</param>
    /// <param name="defaultModel">The model for taken-over prompts that have yet to run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ageingStep">How much of a head start a point of priority is; null: <see cref="QueueRank.DefaultAgeingStep"/>.</param>
    /// <param name="check">Whether to look at all of the file first, which takes as long as to read it.</param>
    /// <exception cref="StoreException">The file cannot be used. Nothing in it was changed.</exception>
    public static SqlitePromptStore Open(
        string path, string defaultModel, TimeProvider time, TimeSpan? ageingStep = null, bool check = false)
    {
        var database = new SqliteDatabase(path);
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            connection = database.OpenWriter();
            if (check)
                database.Check(connection);
            SqliteSchema.Prepare(connection, path, new LegacyImport(defaultModel, time.GetUtcNow()));
            // They are for those who write by scripts; this program writes only what it can read, and checks beforehand.
            connection.Execute("PRAGMA ignore_check_constraints = ON");
            return new(database, connection, new OpenFiles(connection, path), ageingStep ?? QueueRank.DefaultAgeingStep, time);
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            throw exception switch
            {
                SqliteException sqlite => database.Translate(sqlite),
                IOException or UnauthorizedAccessException => new StoreException($"The folder of the database {path} cannot be made: {exception.Message}", exception),
                _ => exception,
            };
        }
    }

    /// <inheritdoc/>
    public async Task<(Submission Submission, ClaimedPrompt? Claimed)> AddAsync(NewPrompt prompt, long maxQueued, ClaimTerms? terms, CancellationToken cancellationToken)
    {
        var staged = await _staging.StageAsync(prompt, cancellationToken);
        // What is long is not held for as long as the prompt runs: who claims it reads it from here.
        var atOnce = staged.Count == 0 ? terms : null;
        var draft = PromptInserts.Draft(prompt, null, _ageingStep, _time.GetUtcNow());
        return await WriteAsync((session, now) => PromptInserts.Add(session, prompt, draft, staged, maxQueued, atOnce, now), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Prompt>> AddBatchAsync(Guid batch, IReadOnlyList<NewPrompt> prompts, long maxQueued, CancellationToken cancellationToken)
    {
        var staged = new List<IReadOnlyList<StagedText>>();
        foreach (var prompt in prompts)
            staged.Add(await _staging.StageAsync(prompt, cancellationToken));
        var now = _time.GetUtcNow();
        var drafts = prompts.Select(prompt => PromptInserts.Draft(prompt, batch, _ageingStep, now)).ToList();
        return await WriteAsync((session, _) => PromptInserts.AddBatch(session, prompts, drafts, staged, maxQueued), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!_order.IsCaughtUpWithin(GoodFor))
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
    public Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptAttempts.List(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<long> CountAheadAsync(Prompt prompt, CancellationToken cancellationToken)
    {
        if (_order.CountAhead(prompt.Rank, prompt.Seq) is { } ahead)
            return Task.FromResult(ahead);

        // Nothing was written here for a while: look for once, and let the order catch up for the next who asks.
        _writer.CatchUpSoon();
        return ReadAsync(session => session.Number(
            "SELECT count(*) FROM prompts INDEXED BY prompts_in_turn WHERE status = 'queued' AND (rank, seq) < ($rank, $seq)",
            ("$rank", prompt.Rank), ("$seq", prompt.Seq)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(Guid? batch, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptList.Count(session, batch), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptList.Read(session, query), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PromptSummary>> SummariseAsync(IReadOnlyCollection<long> seqs, CancellationToken cancellationToken) =>
        ReadAsync(session => PromptList.Read(session, seqs), cancellationToken);

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
    public Task<int> PurgeAsync(DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => Retention.Purge(session, endedBefore, limit, now), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ShrinkAsync(CancellationToken cancellationToken) =>
        WriteAsync((session, now) => Retention.Shrink(session, now), cancellationToken);

    /// <inheritdoc/>
    public void CatchUpSoon() => _writer.CatchUpSoon();

    /// <inheritdoc/>
    public Task<QueueHistory> ReadHistoryAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        ReadAsync(session => RecentHistory.Read(session, since), cancellationToken);

    /// <inheritdoc/>
    public Task<TimeSpan?> MeanRunAsync(CancellationToken cancellationToken) =>
        ReadAsync(PromptAttempts.MeanRun, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RecoverExpiredAsync(ClaimTerms terms, IReadOnlyCollection<Guid> connected, CancellationToken cancellationToken) => WriteAsync((session, now) =>
    {
        var expiry = _leaseClocks.Look(terms.LeaseLength);
        expiry.Settle(session);
        if (connected.Count > 0 && ClientLeaseTable.AnyExpired(session, expiry.By))
            ClientLeaseTable.Renew(session, connected, now + terms.LeaseLength, expiredBy: expiry.By);
        SqliteLeases.Sweep(session, terms, expiry, now);
        return session.Number("SELECT prompts FROM counts WHERE status = 'queued'") > 0;
    }, cancellationToken);

    /// <inheritdoc/>
    public async Task<QueueSnapshot> ReadSnapshotAsync(SnapshotTerms terms, CancellationToken cancellationToken)
    {
        if (!_order.IsCaughtUpWithin(terms.Freshness))
            await _writer.CatchUpAsync(cancellationToken);
        return _order.Offer(terms, await ReadAsync(RunningLeases.Read, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<ClaimedPrompt?> ClaimAsync(long seq, ClaimTerms terms, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => SqliteLeases.Claim(session, seq, terms, _longTexts, now), cancellationToken);

    /// <inheritdoc/>
    public Task RenewConnectionsAsync(IReadOnlyCollection<Guid> ids, TimeSpan length, CancellationToken cancellationToken) => WriteAsync((session, now) =>
    {
        ClientLeaseTable.Renew(session, ids, now + length, expiredBy: DateTimeOffset.MaxValue);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<Prompt?> ReconnectAsync(Guid id, ClientLease connection, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => ClientLeaseTable.Reconnect(session, id, connection, now), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> GetLeaseStateAsync(Lease lease, CancellationToken cancellationToken) =>
        ReadAsync(session => SqliteLeases.LookAt(session, lease), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => SqliteLeases.Renew(session, lease, now + length), cancellationToken);

    /// <inheritdoc/>
    public Task<LeaseState> AppendAsync(Lease lease, TextChunk chunk, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => GeneratedChunks.Append(session, lease, chunk, now + length), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellationToken)
    {
        var staged = await _staging.StageAsync(settlement.Result, cancellationToken);
        return await WriteAsync((session, now) => SettlementTable.Settle(session, lease, settlement, staged, now), cancellationToken);
    }

    /// <summary>Finishes the writes that were handed in, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        // Whoever closes last folds the write-ahead log into the file, which a reader cannot.
        _readers.Dispose();
        await _writer.DisposeAsync();
        _staging.Dispose();
    }

    /// <summary>Runs work on the connection that writes, as one write among others; also for tests, to break what they will.</summary>
    internal Task<T> WriteAsync<T>(Func<SqliteSession, DateTimeOffset, T> work, CancellationToken cancellationToken) =>
        _writer.RunAsync(session => work(session, _time.GetUtcNow()), cancellationToken);

    /// <summary>Runs queries on a connection that only reads.</summary>
    internal Task<T> ReadAsync<T>(Func<SqliteSession, T> queries, CancellationToken cancellationToken)
    {
        // SQLite reads from the page cache in microseconds: a hop to another thread would cost more than it frees.
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult(_readers.Read(queries));
        }
        catch (SqliteException exception)
        {
            return Task.FromException<T>(_database.Translate(exception));
        }
    }
}
