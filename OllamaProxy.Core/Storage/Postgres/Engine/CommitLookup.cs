using System.Globalization;
using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Learns whether a commit was made whose answer was lost.</summary>
internal static class CommitLookup
{
    /// <summary>For how long that is tried.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks the server until it knows.</summary>
    /// <param name="server">The server.</param>
    /// <param name="transaction">The transaction's number.</param>
    /// <exception cref="StoreException">The server is not to be reached.</exception>
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

    private static async Task<string?> AskAsync(PostgresServer server, ulong transaction)
    {
        await using var connection = await server.OpenAsync(default);
        await using var command = new NpgsqlCommand("SELECT pg_xact_status($1::text::xid8)", connection);
        command.Parameters.Add(PostgresValues.Word(transaction.ToString(CultureInfo.InvariantCulture)));
        return await command.ExecuteScalarAsync() as string;
    }
}
