using Npgsql;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Schema;

/// <summary>
/// Adopts tables that were restored from the dump of another server, whose transactions had higher numbers: what is counted from one of
/// those on would leave out what the transactions of this server do.
/// </summary>
internal static class RestoredDump
{
    private const string IsForeign =
        $"SELECT EXISTS (SELECT 1 FROM {ProxySchema}.counts WHERE xact > pg_snapshot_xmax(pg_current_snapshot()))";

    /// <summary>Nobody has read the changes here: whoever starts reads the whole queue.</summary>
    private const string Renumber =
        $"""
        DELETE FROM {ProxySchema}.changes;
        UPDATE {ProxySchema}.leases SET xact = pg_current_xact_id();
        UPDATE {ProxySchema}.counts SET xact = pg_snapshot_xmin(pg_current_snapshot()),
            prompts = (SELECT count(*) FROM {ProxySchema}.prompts WHERE prompts.status = counts.status)
        """;

    /// <summary>Adopts the tables if they are such. One instance does so while the others wait.</summary>
    public static async Task AdoptAsync(NpgsqlConnection connection)
    {
        if (!await IsForeignAsync(connection))
            return;
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock.Migration})");
        if (await IsForeignAsync(connection))
            await ExecuteAsync(connection, Renumber);
        await transaction.CommitAsync();
    }

    private static async Task<bool> IsForeignAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(IsForeign, connection);
        return await command.ExecuteScalarAsync() is true;
    }

    /// <summary>Runs SQL, however long it takes: the prompts may be many.</summary>
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
