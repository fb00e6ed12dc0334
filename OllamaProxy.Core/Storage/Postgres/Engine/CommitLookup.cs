using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Learns whether a commit was made whose answer was lost.</summary>
internal static class CommitLookup
{
    /// <summary>For how long that is tried.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private const string Status = "SELECT pg_xact_status($1::text::xid8)";

    private const string IsThere =
        $"SELECT EXISTS (SELECT 1 FROM {ProxySchema}.changes WHERE xact = $1::text::xid8 AND at = $2)";

    /// <summary>Asks the server until it knows.</summary>
    /// <param name="server">The server.</param>
    /// <param name="transaction">The transaction.</param>
    /// <exception cref="StoreException">The server is not to be reached.</exception>
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
                return false; // The server crashed, or another took over, and the number has yet to come again.
            }
            catch (Exception exception) when (PostgresServer.IsFault(exception) || exception is StoreException)
            {
                if (TimeProvider.System.GetElapsedTime(begunAt) > Patience)
                    throw new StoreException(
                        $"The database {server.Name} was lost while it stored this, and whether it did is not known. "
                        + "Look before you send it again.", exception);
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
