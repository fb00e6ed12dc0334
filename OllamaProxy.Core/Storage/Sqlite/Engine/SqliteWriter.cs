using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Caching;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// The one that writes in this process. It takes every write that is waiting into one transaction (group commit), so
/// that concurrent writes share one fsync; a write's task completes after its own commit. SQLite blocks, so it has a thread
/// of its own: one of the pool would be missed by those who answer, and would have to queue up behind them.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>How many writes share a transaction at the most, so that the first of them need not wait for long.</summary>
    private const int MaxBatch = 256;

    /// <summary>No write, only a reason to catch up.</summary>
    private static readonly Write Nudge = new(_ => { });

    private readonly SqliteDatabase _database;
    private readonly SqliteSession _session;
    private readonly OpenFiles _files;
    private readonly CommitObserver _commits;
    private readonly BlockingCollection<Write> _waiting = [];
    private readonly Task _loop;
    private int _catchUpWaits;

    /// <param name="database">For the names of faults.</param>
    /// <param name="session">The writer's own from now on.</param>
    /// <param name="files">Of the same connection.</param>
    /// <param name="commits">Of the same connection; catches up after every transaction.</param>
    public SqliteWriter(SqliteDatabase database, SqliteSession session, OpenFiles files, CommitObserver commits)
    {
        _database = database;
        _session = session;
        _files = files;
        _commits = commits;
        _loop = Task.Factory.StartNew(WriteAll, TaskCreationOptions.LongRunning);
    }

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction, whole or not at all, and returns when it is on disk. It may be run
    /// twice, the first time undone, where a neighbour in its transaction failed.
    /// </summary>
    /// <exception cref="StoreException">It is not written.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var result = default(T)!;
        var write = new Write(session => result = work(session));
        if (!TryHandIn(write))
            throw StoreMessages.ShuttingDown();
        try
        {
            // A write that was handed in is waited for: its outcome must not be in doubt.
            await write.Done.Task;
            return result;
        }
        catch (SqliteException exception)
        {
            throw _database.Translate(exception);
        }
    }

    /// <summary>Has the order catch up with what other processes wrote.</summary>
    /// <exception cref="StoreException">The file cannot be read at the moment.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!await RunAsync(_ => true, cancellationToken) || !_commits.Queue.IsCaughtUp)
            throw StoreMessages.CannotCatchUp();
    }

    /// <summary>Has the order catch up with what other processes wrote, as soon as it is its turn.</summary>
    public void CatchUpSoon()
    {
        if (Interlocked.Exchange(ref _catchUpWaits, 1) == 0)
            TryHandIn(Nudge);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _loop;
        _session.Dispose();
    }

    private bool TryHandIn(Write write)
    {
        try
        {
            return _waiting.TryAdd(write);
        }
        catch (InvalidOperationException)
        {
            // That is how the collection says that no more is taken.
            return false;
        }
    }

    private void WriteAll()
    {
        Thread.CurrentThread.Name = "SQLite writer";
        var batch = new List<Write>();
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < MaxBatch && _waiting.TryTake(out var write))
                batch.Add(write);
            if (batch.RemoveAll(write => write == Nudge) > 0)
                Volatile.Write(ref _catchUpWaits, 0);
            if (batch.Count > 0)
                Commit(batch);
            CatchUp();
            foreach (var write in batch)
                write.Complete();
            batch.Clear();
        }
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            _files.RefuseMoved();
            if (!TryCommit(batch, RunBare))
                TryCommit(batch, RunInSavepoint);
            // Taken away meanwhile: then it may not be where the path leads, and must not be acknowledged.
            _files.RefuseMoved();
        }
        catch (Exception exception)
        {
            // Whatever it was, nothing of this batch is sure to be on disk, and its callers hear of it.
            foreach (var write in batch)
                write.Fault ??= exception;
        }
    }

    /// <summary>Commits a transaction of the whole batch, unless one of its writes asks for that to be given up.</summary>
    private bool TryCommit(List<Write> batch, Func<Write, bool> run)
    {
        _session.Execute("BEGIN IMMEDIATE");
        try
        {
            var ok = batch.All(run);
            if (ok)
                _session.Execute("COMMIT");
            return ok;
        }
        finally
        {
            if (_session.InTransaction)
                _session.Execute("ROLLBACK");
        }
    }

    /// <summary>Runs a write at the cost of nothing else, and returns whether its neighbours may stand: not if it failed amid its changes.</summary>
    private bool RunBare(Write write)
    {
        var changedBefore = _session.ChangedRows;
        try
        {
            write.Run(_session);
        }
        catch (Exception exception)
        {
            write.Fault = exception;
        }
        return write.Fault is null || (_session.InTransaction && _session.ChangedRows == changedBefore);
    }

    /// <summary>Runs a write so that, if it fails, its own changes go and its neighbours' stand.</summary>
    private bool RunInSavepoint(Write write)
    {
        _session.Execute("SAVEPOINT one");
        try
        {
            write.Run(_session);
        }
        catch (Exception exception)
        {
            write.Fault = exception;
            // Of a full disk SQLite may make an end of the whole transaction: then it is its neighbours' fault as well.
            if (!_session.InTransaction)
                throw;
            _session.Execute("ROLLBACK TO one");
        }
        _session.Execute("RELEASE one");
        return true;
    }

    private void CatchUp()
    {
        try
        {
            _commits.CatchUp();
        }
        catch (SqliteException)
        {
            // What was committed stays so; the order knows that it is behind, and the next transaction mends it.
        }
    }

    private sealed class Write(Action<SqliteSession> work)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Fault { get; set; }

        public void Run(SqliteSession session)
        {
            Fault = null;
            work(session);
        }

        public void Complete()
        {
            if (Fault is null)
                Done.SetResult();
            else
                Done.SetException(Fault);
        }
    }
}
