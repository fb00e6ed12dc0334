using Npgsql;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>A connection is lost amid a commit, and the server is asked later what became of it.</summary>
public sealed class PostgresCommitLookupTests
{
    [StoreFact]
    public async Task A_transaction_that_a_crash_lost_is_not_taken_for_the_next_one_with_its_number()
    {
        // Else the log of the lost transaction would be on disk within a fifth of a second, and its number would not come again.
        await using var cluster = await PostgresCluster.StartAsync("-c wal_writer_delay=10s");
        await using var database = await PostgresDatabase.CreateAsync(cluster);
        await (await PostgresPromptStore.OpenAsync(database.ConnectionString, null, TimeProvider.System)).DisposeAsync();
        TransactionMark lost;
        await using (var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false"))
        {
            lost = await BeginAsync(connection);
            await cluster.StopServerAsync();
        }
        await cluster.StartServerAsync();

        await using var server = new PostgresServer(database.ConnectionString);
        Assert.False(await CommitLookup.IsCommittedAsync(server, lost));
        for (var number = 0L; number < long.Parse(lost.Number);)
            number = await database.NumberAsync("SELECT pg_current_xact_id()::text::bigint");
        Assert.Equal(1, await database.NumberAsync($"SELECT (pg_xact_status('{lost.Number}') = 'committed')::integer"));
        Assert.False(await CommitLookup.IsCommittedAsync(server, lost));
    }

    [StoreFact]
    public async Task A_transaction_that_is_under_way_is_waited_for()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await (await PostgresPromptStore.OpenAsync(database.ConnectionString, null, TimeProvider.System)).DisposeAsync();
        await using var server = new PostgresServer(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        var mark = await BeginAsync(connection);

        var looking = CommitLookup.IsCommittedAsync(server, mark);
        Assert.False(looking.IsCompleted);
        await using (var commit = new NpgsqlCommand("COMMIT", connection))
            await commit.ExecuteNonQueryAsync();

        Assert.True(await looking);
    }

    /// <summary>Begins a transaction that changes no prompt.</summary>
    private static async Task<TransactionMark> BeginAsync(NpgsqlConnection connection)
    {
        await connection.OpenAsync();
        await using (var begin = new NpgsqlCommand("BEGIN; UPDATE ollama_proxy.counts SET prompts = prompts", connection))
            await begin.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(TransactionMark.Query, connection);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return TransactionMark.Read(row)!;
    }
}
