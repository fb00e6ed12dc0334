using System.Threading.Channels;
using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// The one that writes in this process. It takes every write that is waiting into one transaction (group commit), whose statements go out
/// together; a write's task completes after its own commit, and once the order of the queue knows of it.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    /// <summary>How many writes share a transaction at the most, so that the first of them need not wait for long.</summary>
    private const int MaxBatch = 256;

    /// <summary>How many bytes they send together, about, at the most.</summary>
    private const long MaxBatchSize = 4 * 1024 * 1024;

    private readonly PostgresServer _server;
    private readonly PostgresTransactions _transactions;
    private readonly ChangeFeed _feed;
    private readonly Channel<PostgresWrite> _waiting = Channel.CreateUnbounded<PostgresWrite>(new() { SingleReader = true });
    private readonly Task _loop;
    private int _catchUpWaits;

    /// <param name="server">For the names of faults.</param>
    /// <param name="transactions">The writer's own from now on.</param>
    /// <param name="feed">Catches up after every transaction.</param>
    public PostgresWriter(PostgresServer server, PostgresTransactions transactions, ChangeFeed feed)
    {
        (_server, _transactions, _feed) = (server, transactions, feed);
        _loop = Task.Run(WriteAllAsync);
    }

    /// <summary>Told after every transaction that changed something.</summary>
    public Action? Committed { get; set; }

    /// <summary>Runs a write, whole or not at all, and returns when it is on disk.</summary>
    /// <exception cref="StoreException">It is not written.</exception>
    public async Task RunAsync(PostgresWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_waiting.Writer.TryWrite(write))
            throw StoreMessages.ShuttingDown();
        try
        {
            // A write that was handed in is waited for: its outcome must not be in doubt.
            await write.Done.Task;
        }
        catch (Exception exception) when (PostgresServer.IsFault(exception))
        {
            throw _server.Translate(exception);
        }
    }

    /// <summary>Has the order catch up with what other processes wrote.</summary>
    /// <exception cref="StoreException">It cannot be read at the moment.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await RunAsync(PostgresWrite.Nothing(), cancellationToken);
        if (!_feed.Queue.IsCaughtUp)
            throw StoreMessages.CannotCatchUp();
    }

    /// <summary>Has the order catch up with what other processes wrote, as soon as it is its turn.</summary>
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
            try
            {
                if (await _transactions.CommitAsync(batch))
                    Committed?.Invoke();
            }
            catch (Exception exception)
            {
                // Whatever it was, nothing of this batch is sure to be on disk, and its callers hear of it.
                foreach (var write in batch)
                    write.Fault ??= exception;
            }
            foreach (var write in batch)
                write.Complete();
            batch.Clear();
        }
    }
}
