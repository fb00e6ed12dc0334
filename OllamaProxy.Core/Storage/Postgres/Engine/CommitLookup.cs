using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Finds out whether a transaction was committed when the connection was lost during its COMMIT.</summary>
internal static class CommitLookup
{
    /// <summary>How long the server is asked while it cannot be reached.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private const string Status = "SELECT pg_xact_status($1::text::xid8)";

    private const string IsThere =
        $"SELECT EXISTS (SELECT 1 FROM {ProxySchema}.changes WHERE xact = $1::text::xid8 AND at = $2)";

    /// <summary>Asks the server until the transaction has ended, and returns whether it was committed.</summary>
    /// <param name="server">The server.</param>
    /// <param name="transaction">The transaction.</param>
    /// <exception cref="StoreException">The server cannot be reached, so that the outcome is not known.</exception>
    public static async Task<bool> IsCommittedAsync(PostgresServer server, TransactionMark transaction)
    {
        var begunAt = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if (await AskAsync(server, transaction) is { } isCommitted)
                    return isCommitted;
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidParameterValue)
            {
                return false; // The server crashed, or another has taken over, and the number has yet to be given out again.
            }
            catch (Exception exception) when (PostgresServer.IsFault(exception) || exception is StoreException)
            {
                if (TimeProvider.System.GetElapsedTime(begunAt) > Patience)
                    throw new StoreException(
                        $"The connection to the database {server.Name} was lost while it stored this, and it is not known whether it did. "
                        + "Check that before you send it again.", exception);
            }
            await Task.Delay(Pause * (0.5 + Random.Shared.NextDouble()));
        }
    }

    /// <summary>Null: it is under way, or another one with its number is.</summary>
    private static async Task<bool?> AskAsync(PostgresServer server, TransactionMark transaction)
    {
        await using var connection = await server.OpenAsync(default);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(Statement(Status, PostgresValues.Word(transaction.Number)));
        // Only what is over is sure to be seen: so it is looked for by a statement of its own.
        batch.BatchCommands.Add(Statement(IsThere, PostgresValues.Word(transaction.Number), PostgresValues.Of(transaction.At)));
        await using var rows = await batch.ExecuteReaderAsync();
        await rows.ReadAsync();
        var isUnderWay = !rows.IsDBNull(0) && rows.GetString(0) == "in progress";
        await rows.NextResultAsync();
        await rows.ReadAsync();
        return rows.GetBoolean(0) ? true : isUnderWay ? null : false;
    }
}
