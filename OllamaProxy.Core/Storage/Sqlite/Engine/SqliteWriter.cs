using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Caching;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// The only writer of this process. It commits all writes that are waiting in one transaction (group commit), so that they share one fsync;
/// the task of a write completes after its commit. SQLite blocks, so the writer has its own thread: one of the thread pool would be missing
/// there, and would have to wait for its turn.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>How many writes share a transaction at most, so that the first of them does not wait for long.</summary>
    private const int MaxBatch = 256;

    /// <summary>A write that does nothing, and only has the writer catch up with other processes.</summary>
    private static readonly Write Nudge = new(_ => { }, null);

    private readonly SqliteDatabase _database;
    private readonly SqliteSession _session;
    private readonly OpenFiles _files;
    private readonly CommitObserver _commits;
    private readonly BlockingCollection<Write> _waiting = [];
    private readonly Task _loop;
    private int _catchUpWaits;

    /// <param name="database">Translates errors.</param>
    /// <param name="session">The session, which the writer owns from now on.</param>
    /// <param name="files">The files of the same connection.</param>
    /// <param name="commits">Observes the commits of the same connection.</param>
    public SqliteWriter(SqliteDatabase database, SqliteSession session, OpenFiles files, CommitObserver commits)
    {
        _database = database;
        _session = session;
        _files = files;
        _commits = commits;
        _loop = Task.Factory.StartNew(WriteAll, TaskCreationOptions.LongRunning);
    }

    /// <summary>
    /// Runs <paramref name="work"/> atomically, and returns when it is on disk. It may run twice, after a rollback, if another write of the
    /// same transaction fails: so it must have no side effects.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <param name="committing">Called once, on the writer's thread, when the whole transaction has been written and nothing but its commit
    /// is left to do, which can still fail. It must be quick and throw nothing. Null: nobody wants to know.</param>
    /// <param name="cancellationToken">Cancels it until it is handed in.</param>
    /// <exception cref="StoreException">Nothing was written.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> work, Action<T>? committing, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var result = default(T)!;
        var write = new Write(session => result = work(session), committing is null ? null : () => committing(result));
        if (!TryHandIn(write))
            throw StoreMessages.ShuttingDown();
        try
        {
            // From here on it cannot be cancelled: the caller must learn its outcome.
            await write.Done.Task;
            return result;
        }
        catch (SqliteException exception)
        {
            throw _database.Translate(exception);
        }
    }

    /// <summary>Observes what other processes wrote.</summary>
    /// <exception cref="StoreException">The file cannot be read at the moment.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!await RunAsync(_ => true, null, cancellationToken) || !_commits.Queue.IsCaughtUp)
            throw StoreMessages.CannotCatchUp();
    }

    /// <summary>Observes what other processes wrote, after the writes that are waiting.</summary>
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
            // The collection is marked as complete: the writer is being disposed.
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
            {
                var began = Stopwatch.GetTimestamp();
                Commit(batch);
                StoreMetrics.OnTransaction("sqlite", batch.Count, began, batch.TrueForAll(write => write.Fault is null));
            }
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
            // The file may have been moved meanwhile. Then the writes must not be acknowledged: the file at the path lacks them.
            _files.RefuseMoved();
        }
        catch (Exception exception)
        {
            // Whatever the cause, no write of this batch is certain to be on disk, so all of them fail.
            foreach (var write in batch)
                write.Fault ??= exception;
        }
    }

    /// <summary>Commits the batch in one transaction, or rolls it back if a write requires that.</summary>
    private bool TryCommit(List<Write> batch, Func<Write, bool> run)
    {
        _session.Execute("BEGIN IMMEDIATE");
        try
        {
            var ok = batch.All(run);
            if (ok)
            {
                foreach (var write in batch)
                    write.OnCommitting();
                _session.Execute("COMMIT");
            }
            return ok;
        }
        finally
        {
            if (_session.InTransaction)
                _session.Execute("ROLLBACK");
        }
    }

    /// <summary>
    /// Runs a write without a savepoint, and returns whether the transaction can go on: not if the write failed after it had changed
    /// something.
    /// </summary>
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

    /// <summary>Runs a write in a savepoint: if it fails, only its own changes are rolled back.</summary>
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
            // After some errors, such as a full disk, SQLite rolls back the whole transaction: then all its writes fail.
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
            // The commit stands. The observer knows that it is behind, and catches up after the next transaction.
        }
    }

    private sealed class Write(Action<SqliteSession> work, Action? committing)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Fault { get; set; }

        public void Run(SqliteSession session)
        {
            Fault = null;
            work(session);
        }

        public void OnCommitting()
        {
            if (Fault is null)
                committing?.Invoke();
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
