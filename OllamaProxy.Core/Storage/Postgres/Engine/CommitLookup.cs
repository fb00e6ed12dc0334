using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Learns whether a commit was made whose answer was lost.</summary>
internal static class CommitLookup
{
    /// <summary>For how long that is tried.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private const string Query =
        $"""
        SELECT pg_xact_status($1::text::xid8), {TransactionMark.CurrentTimeline} = $2
            OR EXISTS (SELECT 1 FROM {ProxySchema}.changes WHERE xact = $1::text::xid8 AND at = $3)
        """;

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
                var (status, isSame) = await AskAsync(server, transaction);
                if (!isSame)
                    return false; // Another server took over, and gave the number to another transaction.
                if (status != "in progress")
                    return status == "committed";
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidParameterValue)
            {
                return false; // Another server took over, which has not heard of it.
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

    private static async Task<(string? Status, bool IsSame)> AskAsync(PostgresServer server, TransactionMark transaction)
    {
        await using var connection = await server.OpenAsync(default);
        await using var command = new NpgsqlCommand(Query, connection);
        command.Parameters.Add(PostgresValues.Word(transaction.Number));
        command.Parameters.Add(PostgresValues.Word(transaction.Timeline));
        command.Parameters.Add(PostgresValues.Of(transaction.At));
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.IsDBNull(0) ? null : row.GetString(0), row.GetBoolean(1));
    }
}
