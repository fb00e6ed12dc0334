using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// The one that writes in this process. It takes every write that is waiting into one transaction (group commit), so
/// that concurrent writes share one fsync; a write's task completes after its own commit.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>How many writes share a transaction at the most, so that the first of them need not wait for long.</summary>
    private const int MaxBatch = 256;

    private readonly SqliteDatabase _database;
    private readonly SqliteConnection _connection;
    private readonly QueueOrder _order;
    private readonly Channel<Write> _waiting = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _loop;

    /// <param name="database">For the names of faults.</param>
    /// <param name="connection">The writer's own from now on.</param>
    /// <param name="order">Of the same connection; catches up after every transaction.</param>
    public SqliteWriter(SqliteDatabase database, SqliteConnection connection, QueueOrder order)
    {
        _database = database;
        _connection = connection;
        _order = order;
        _loop = Task.Run(WriteAllAsync);
    }

    /// <summary>Runs <paramref name="work"/> in a transaction, whole or not at all, and returns when it is on disk.</summary>
    /// <exception cref="StoreException">It is not written.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var result = default(T)!;
        var write = new Write(connection => result = work(connection));
        if (!_waiting.Writer.TryWrite(write))
            throw new StoreException("The program is shutting down.");
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

    /// <summary>Has the order catch up with what other processes wrote, as soon as it is its turn.</summary>
    public void CatchUpSoon() => _waiting.Writer.TryWrite(new(_ => { }));

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
        _order.Dispose();
        await _connection.DisposeAsync();
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<Write>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var write))
                batch.Add(write);
            Commit(batch);
            batch.Clear();
        }
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            _database.RefuseMoved(_connection);
            using var transaction = _connection.BeginTransaction(deferred: false);
            foreach (var write in batch)
                RunInSavepoint(transaction, write);
            transaction.Commit();
        }
        catch (Exception exception)
        {
            // Whatever it was, nothing of this batch is on disk, and its callers hear of it.
            foreach (var write in batch)
                write.Fault ??= exception;
        }
        CatchUp();
        foreach (var write in batch)
            write.Complete();
    }

    private void CatchUp()
    {
        try
        {
            _order.CatchUp();
        }
        catch (SqliteException)
        {
            // What was committed stays so; the order knows that it is behind, and the next transaction mends it.
        }
    }

    private void RunInSavepoint(SqliteTransaction transaction, Write write)
    {
        transaction.Save("one");
        try
        {
            write.Work(transaction.Connection!);
        }
        catch (Exception exception)
        {
            write.Fault = exception;
            // Of a full disk SQLite may make an end of the whole transaction: then it is its neighbours' fault as well.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) != 0)
                throw;
            // Else it is not: only its own changes go.
            transaction.Rollback("one");
        }
        transaction.Release("one");
    }

    private sealed class Write(Action<SqliteConnection> work)
    {
        public Action<SqliteConnection> Work => work;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Fault { get; set; }

        public void Complete()
        {
            if (Fault is null)
                Done.SetResult();
            else
                Done.SetException(Fault);
        }
    }
}
