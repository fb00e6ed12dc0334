using System.Globalization;
using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Finds out whether a transaction was committed when the connection was lost during its COMMIT.</summary>
internal static class CommitLookup
{
    /// <summary>How long the server is asked while it cannot be reached.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks the server until the transaction has ended, and returns whether it was committed.</summary>
    /// <param name="server">The server.</param>
    /// <param name="transaction">The number of the transaction.</param>
    /// <exception cref="StoreException">The server cannot be reached, so that the outcome is not known.</exception>
    public static async Task<bool> IsCommittedAsync(PostgresServer server, ulong transaction)
    {
        var begunAt = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                var status = await AskAsync(server, transaction);
                if (status != "in progress")
                    return status == "committed";
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidParameterValue)
            {
                return false; // Another server has taken over, to which the transaction was not replicated.
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

    private static async Task<string?> AskAsync(PostgresServer server, ulong transaction)
    {
        await using var connection = await server.OpenAsync(default);
        await using var command = new NpgsqlCommand("SELECT pg_xact_status($1::text::xid8)", connection);
        command.Parameters.Add(PostgresValues.Word(transaction.ToString(CultureInfo.InvariantCulture)));
        return await command.ExecuteScalarAsync() as string;
    }
}
