using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// Runs reads, each on its own connection of the pool. Those for which there is no connection wait for their turn, first come, first
/// served: Npgsql counts what waits in the pool as a connection that cannot be opened in time, and a crowd is no fault of the server.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A read that outlasts the store still gives its turn back.")]
internal sealed class PostgresReaders(PostgresServer server)
{
    /// <summary>What is left to others: one connection each to write, to listen, and to signal or look up a commit.</summary>
    private const int Others = 3;

    /// <summary>How often a read is tried: an idle connection may be broken because the server was restarted.</summary>
    private const int MaxTries = 3;

    /// <summary>The longest wait for a turn.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _turns = new(Math.Max(1, server.MaxConnections - Others));

    /// <summary>Runs statements in one batch, and reads their rows.</summary>
    /// <exception cref="StoreException">The read failed.</exception>
    public async Task<T> ReadAsync<T>(
        Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken, params IReadOnlyList<NpgsqlBatchCommand> statements)
    {
        if (!await _turns.WaitAsync(LongestWait, cancellationToken))
            throw new StoreException(
                $"The database {server.Name} is too busy: other reads held all connections for {LongestWait.TotalSeconds:0} seconds.");
        try
        {
            return await ReadNowAsync(read, statements, cancellationToken);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<T> ReadNowAsync<T>(
        Func<NpgsqlDataReader, Task<T>> read, IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await server.OpenAsync(cancellationToken);
                await using var batch = connection.CreateBatch();
                foreach (var statement in statements)
                    batch.BatchCommands.Add(attempt == 1 ? statement : Copy(statement));
                await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
                return await read(rows);
            }
            catch (Exception exception) when (PostgresServer.IsFault(exception))
            {
                if (attempt == MaxTries || !PostgresServer.IsTransient(exception))
                    throw server.Translate(exception);
                if (PostgresServer.IsLoss(exception))
                    server.Clear();
            }
        }
    }

    /// <summary>Runs a statement and reads its first row; default: there is none.</summary>
    public Task<T?> FirstAsync<T>(NpgsqlBatchCommand statement, Func<NpgsqlDataReader, T?> read, CancellationToken cancellationToken) =>
        ReadAsync(async rows => await rows.ReadAsync(cancellationToken) ? read(rows) : default, cancellationToken, statement);

    /// <summary>Runs a statement and reads all of its rows.</summary>
    public Task<List<T>> ListAsync<T>(NpgsqlBatchCommand statement, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        ReadAsync(rows => rows.ListAsync(read, cancellationToken), cancellationToken, statement);

    /// <summary>Copies a statement for the next attempt: Npgsql binds it to the batch in which it was run first.</summary>
    private static NpgsqlBatchCommand Copy(NpgsqlBatchCommand statement)
    {
        var copy = new NpgsqlBatchCommand(statement.CommandText);
        foreach (NpgsqlParameter value in statement.Parameters)
            copy.Parameters.Add(value.Clone());
        return copy;
    }
}
