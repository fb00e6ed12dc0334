using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>Pool of read-only connections. In WAL mode they never wait for the writer. Safe for many threads.</summary>
internal sealed class SqliteReaders(SqliteDatabase database, OpenFiles files) : IDisposable
{
    /// <summary>How many idle connections are kept. Each has its own page cache.</summary>
    private const int MaxIdle = 8;

    private readonly ConcurrentStack<SqliteSession> _idle = new();
    private volatile bool _disposed;
    private int _idleCount;

    /// <summary>Runs queries on a connection of the pool.</summary>
    /// <exception cref="SqliteException">A query failed. Its connection is closed.</exception>
    /// <exception cref="StoreException">The log of the database was moved, deleted or replaced.</exception>
    public T Read<T>(Func<SqliteSession, T> queries)
    {
        var session = Take();
        var ok = false;
        try
        {
            var answer = queries(session);
            ok = true;
            return answer;
        }
        finally
        {
            if (ok)
                GiveBack(session);
            else
                session.Dispose();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryPop(out var session))
            session.Dispose();
    }

    private SqliteSession Take()
    {
        if (!_idle.TryPop(out var session))
        {
            files.RefuseMovedLog();
            return new(database.OpenReader());
        }
        Interlocked.Decrement(ref _idleCount);
        return session;
    }

    private void GiveBack(SqliteSession session)
    {
        if (Interlocked.Increment(ref _idleCount) <= MaxIdle)
        {
            _idle.Push(session);
            if (_disposed)
                Dispose();
            return;
        }
        Interlocked.Decrement(ref _idleCount);
        session.Dispose();
    }
}
