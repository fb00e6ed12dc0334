using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>A backup by pg_dump, restored on another server by pg_restore.</summary>
public sealed class PostgresDumpTests
{
    /// <summary>Takes numbers of transactions: each of the blocks is one within another.</summary>
    private const string UseUpNumbers =
        """
        CREATE TEMP TABLE used (number integer);
        DO $$ BEGIN
            FOR number IN 1..20000 LOOP
                BEGIN INSERT INTO used VALUES (number); EXCEPTION WHEN division_by_zero THEN NULL; END;
            END LOOP;
        END $$
        """;

    [StoreFact]
    public async Task On_another_server_whose_transactions_have_lower_numbers_it_is_counted_and_run_as_before()
    {
        var cluster = await Clusters.SharedAsync();
        await using var database = await PostgresDatabase.CreateAsync();
        await cluster.ExecuteAsync(database.Name, UseUpNumbers);
        await using (var store = await OpenAsync(database))
            await AddAsync(store, 5);
        await using var other = await PostgresCluster.StartAsync("-c fsync=off");
        await using var restored = await PostgresDatabase.CreateAsync(other);
        var dump = $"{other.Folder}/queue.dump";

        await GuardedProcess.RunAsync($"{PostgresCluster.Program("pg_dump")} --format=custom --schema=ollama_proxy --file={dump} "
            + Login(cluster, database));
        await GuardedProcess.RunAsync($"{PostgresCluster.Program("pg_restore")} --exit-on-error {Login(other, restored)} {dump}");

        await using (var store = await OpenAsync(restored))
        {
            Assert.Equal(5, await restored.NumberAsync("SELECT count_of('queued')"));
            await AddAsync(store, 2);
            Assert.Equal(7, await restored.NumberAsync("SELECT count_of('queued')"));
            Assert.NotNull(await store.ClaimAsync(new(1, TimeSpan.FromMinutes(1), 5, "backend"), default));
            await restored.NumberAsync("SELECT 1 FROM sum_up_counts()");
            Assert.Equal(6, await restored.NumberAsync("SELECT count_of('queued')"));
        }
        await using (var again = await OpenAsync(restored))
            await AddAsync(again, 1);
        Assert.Equal(7, await restored.NumberAsync("SELECT count_of('queued')"));
        Assert.Equal(7, await restored.NumberAsync("SELECT count(*) FROM prompts WHERE status = 'queued'"));
    }

    private static string Login(PostgresCluster cluster, PostgresDatabase database) =>
        $"--host=127.0.0.1 --port={cluster.Port} --username=postgres --dbname={database.Name}";

    private static Task<PostgresPromptStore> OpenAsync(PostgresDatabase database) =>
        PostgresPromptStore.OpenAsync(database.ConnectionString, null, TimeProvider.System);

    private static async Task AddAsync(PostgresPromptStore store, int prompts)
    {
        for (var number = 0; number < prompts; number++)
            await store.AddAsync(new($"prompt {number}", "llama3.2", "{}"u8.ToArray()), 0, default);
    }
}
