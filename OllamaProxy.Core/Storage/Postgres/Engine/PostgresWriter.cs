using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// The only writer in this process. It takes all waiting writes into one transaction (group commit) and sends their statements together.
/// The task of a write completes after its commit, when the in-memory copy of the queue has been updated.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    /// <summary>The most writes in one transaction, so that the first of them does not wait for long.</summary>
    private const int MaxBatch = 256;

    /// <summary>About how many bytes the writes of one transaction send at most.</summary>
    private const long MaxBatchSize = 4 * 1024 * 1024;

    private readonly PostgresServer _server;
    private readonly PostgresTransactions _transactions;
    private readonly ChangeFeed _feed;
    private readonly Channel<PostgresWrite> _waiting = Channel.CreateUnbounded<PostgresWrite>(new() { SingleReader = true });
    private readonly Task _loop;
    private int _catchUpWaits;

    /// <param name="server">Translates faults.</param>
    /// <param name="transactions">Runs the transactions; disposed of by the writer.</param>
    /// <param name="feed">Is read after every transaction.</param>
    public PostgresWriter(PostgresServer server, PostgresTransactions transactions, ChangeFeed feed)
    {
        (_server, _transactions, _feed) = (server, transactions, feed);
        _loop = Task.Run(WriteAllAsync);
    }

    /// <summary>Called after every transaction that changed something.</summary>
    public Action? Committed { get; set; }

    /// <summary>Runs a write, completely or not at all, and returns when it is on disk.</summary>
    /// <exception cref="StoreException">It was not written.</exception>
    public async Task RunAsync(PostgresWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_waiting.Writer.TryWrite(write))
            throw StoreMessages.ShuttingDown();
        try
        {
            // Not cancelled from here on: the caller must learn the outcome of a write that has been queued.
            await write.Done.Task;
        }
        catch (Exception exception) when (PostgresServer.IsFault(exception))
        {
            throw _server.Translate(exception);
        }
    }

    /// <summary>Updates the copy of the queue with what other processes wrote.</summary>
    /// <exception cref="StoreException">The changes cannot be read at the moment.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await RunAsync(PostgresWrite.Nothing(), cancellationToken);
        if (!_feed.Queue.IsCaughtUp)
            throw StoreMessages.CannotCatchUp();
    }

    /// <summary>Like <see cref="CatchUpAsync"/>, with the next transaction. Returns at once.</summary>
    public void CatchUpSoon()
    {
        if (Interlocked.Exchange(ref _catchUpWaits, 1) == 0)
            _waiting.Writer.TryWrite(PostgresWrite.Nothing());
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
        await _transactions.DisposeAsync();
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<PostgresWrite>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            long size = 0;
            while (batch.Count < MaxBatch && size < MaxBatchSize && _waiting.Reader.TryRead(out var write))
            {
                batch.Add(write);
                size += write.Size;
            }
            Volatile.Write(ref _catchUpWaits, 0);
            var began = Stopwatch.GetTimestamp();
            try
            {
                if (await _transactions.CommitAsync(batch))
                    Committed?.Invoke();
            }
            catch (Exception exception)
            {
                // Nothing of this batch is known to be on disk: all its callers get the fault.
                foreach (var write in batch)
                    write.Fault ??= exception;
            }
            StoreMetrics.OnTransaction("postgresql", batch.Count, began, batch.TrueForAll(write => write.Fault is null));
            foreach (var write in batch)
                write.Complete();
            batch.Clear();
        }
    }
}
