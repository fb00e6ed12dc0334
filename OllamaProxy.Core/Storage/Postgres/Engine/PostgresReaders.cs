using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Reads, each on a connection of its own for as long as it takes.</summary>
internal sealed class PostgresReaders(PostgresServer server)
{
    /// <summary>How often a read is tried: a connection that was idle may be dead, since the server was restarted meanwhile.</summary>
    private const int MaxTries = 3;

    /// <summary>Runs statements, and reads what they answer.</summary>
    /// <exception cref="StoreException">That failed.</exception>
    public async Task<T> ReadAsync<T>(
        Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken, params IReadOnlyList<NpgsqlBatchCommand> statements)
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
                if (attempt == MaxTries || !PostgresServer.MayPass(exception))
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

    /// <summary>A statement belongs to the batch that it was run in.</summary>
    private static NpgsqlBatchCommand Copy(NpgsqlBatchCommand statement)
    {
        var copy = new NpgsqlBatchCommand(statement.CommandText);
        foreach (NpgsqlParameter value in statement.Parameters)
            copy.Parameters.Add(value.Clone());
        return copy;
    }
}
