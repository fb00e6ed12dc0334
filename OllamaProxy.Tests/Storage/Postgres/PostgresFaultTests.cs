using System.Collections.Concurrent;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>The server goes away, comes back, refuses and is slow: what was acknowledged is there, and nothing twice.</summary>
public sealed class PostgresFaultTests
{
    private static readonly ClaimTerms Terms = new(1000, TimeSpan.FromMinutes(1), 3, "here");

    [StoreFact]
    public async Task A_server_that_is_not_there_is_told_of_in_one_sentence()
    {
        var refused = await Assert.ThrowsAsync<StoreException>(() =>
            OpenAsync("Host=127.0.0.1;Port=1;Database=queue;Username=me;Password=secret"));
        Assert.StartsWith("The database queue at 127.0.0.1:1 cannot be reached: ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.IsTransient);
    }

    [StoreTheory]
    [InlineData("Database=nowhere;Username=postgres", "The database nowhere at * does not exist. Create it with CREATE DATABASE")]
    [InlineData("Database=postgres;Username=nobody", "refuses the login: role \"nobody\" does not exist.")]
    public async Task A_database_or_user_that_is_not_there_is_told_of(string settings, string expected)
    {
        var cluster = await Clusters.SharedAsync();
        var refused = await Assert.ThrowsAsync<StoreException>(() => OpenAsync($"Host=127.0.0.1;Port={cluster.Port};{settings}"));
        Assert.Contains(expected.Replace("*", $"127.0.0.1:{cluster.Port}", StringComparison.Ordinal), refused.Message,
            StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [StoreFact]
    public async Task A_database_of_a_newer_version_is_refused_and_left_alone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await (await OpenAsync(database.ConnectionString)).DisposeAsync();
        await database.NumberAsync("UPDATE version SET version = 999 RETURNING version");

        var refused = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(database.ConnectionString));

        Assert.Contains("is of version 999, written by a newer Ollama Proxy", refused.Message, StringComparison.Ordinal);
        Assert.Equal(999, await database.NumberAsync("SELECT version FROM version"));
    }

    [StoreFact]
    public async Task Instances_that_start_at_once_migrate_once()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var stores = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => OpenAsync(database.ConnectionString))));
        foreach (var store in stores)
        {
            await store.AddAsync(New("hello"), 0, default);
            await store.DisposeAsync();
        }
        Assert.Equal(5, await database.NumberAsync("SELECT count(*) FROM prompts"));
    }

    [StoreFact]
    public async Task A_commit_whose_answer_was_lost_is_looked_up_and_neither_lost_nor_made_twice()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var cluster = await Clusters.SharedAsync();
        await using var relay = new CommitRelay(cluster.Port);
        await using var store = await OpenAsync($"Host=127.0.0.1;Port={relay.Port};Username=postgres;Database={database.Name}");
        var added = new List<Guid>();
        for (var n = 0; n < 10; n++)
        {
            relay.LoseAnswers(1);
            added.Add((await store.AddAsync(New($"{n}"), 0, default)).Prompt.Id);
            Assert.Equal(n + 1, relay.Lost);
        }

        Assert.Equal(added, (await store.ListAsync(new(1, 100), default)).Prompts.Select(prompt => prompt.Prompt.Id).Reverse());
        relay.LoseAnswers(2);
        Assert.NotNull(await store.ClaimAsync(1, Terms, default));
        Assert.Equal(9, (await store.ReadSnapshotAsync(new(100, default), default)).Queued);
    }

    [StoreFact]
    public async Task Connections_that_break_under_load_lose_and_double_nothing()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var store = await OpenAsync(database.ConnectionString);
        var (acknowledged, load) = Load(store);
        for (var cut = 0; cut < 20; cut++)
        {
            await database.NumberAsync(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                + "WHERE datname = current_database() AND pid <> pg_backend_pid()");
            await Task.Delay(Random.Shared.Next(20, 60));
        }
        await load.StopAsync();
        await AssertHoldsAsync(store, acknowledged);
    }

    [StoreFact]
    public async Task A_server_that_crashes_and_comes_back_under_load_has_all_that_was_acknowledged_and_nothing_twice()
    {
        await using var cluster = await PostgresCluster.StartAsync("");
        await using var database = await PostgresDatabase.CreateAsync(cluster);
        await using var store = await OpenAsync(database.ConnectionString);
        var (acknowledged, load) = Load(store);
        for (var crash = 0; crash < 2; crash++)
        {
            await Eventually.True(() => acknowledged.Count > (crash + 1) * 200);
            await cluster.StopServerAsync();
            await cluster.StartServerAsync();
        }
        var before = acknowledged.Count;
        await Eventually.True(() => acknowledged.Count > before + 50);
        await load.StopAsync();
        await AssertHoldsAsync(store, acknowledged);
    }

    [StoreFact]
    public async Task A_server_that_is_away_is_told_of_as_a_fault_that_passes()
    {
        await using var cluster = await PostgresCluster.StartAsync("-c fsync=off");
        await using var database = await PostgresDatabase.CreateAsync(cluster);
        await using var store = await OpenAsync(database.ConnectionString);
        await store.AddAsync(New("before"), 0, default);
        await cluster.StopServerAsync();

        Assert.True((await Assert.ThrowsAsync<StoreException>(() => store.AddAsync(New("lost"), 0, default))).IsTransient);
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => store.ListAsync(new(1, 5), default))).IsTransient);

        await cluster.StartServerAsync();
        await store.AddAsync(New("after"), 0, default);
        Assert.Equal(["after", "before"], (await store.ListAsync(new(1, 5), default)).Prompts.Select(prompt => prompt.Preview));
    }

    [StoreFact]
    public async Task A_statement_that_takes_too_long_fails_its_write_and_no_other()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await (await OpenAsync(database.ConnectionString)).DisposeAsync(); // The schema may take its time.
        await using var store = await OpenAsync(database.ConnectionString + ";Options=-c statement_timeout=3000");
        var prompt = (await store.AddAsync(New("locked"), 0, default)).Prompt;
        await using (var other = new Npgsql.NpgsqlConnection(database.ConnectionString))
        {
            await other.OpenAsync();
            await using var locking = new Npgsql.NpgsqlCommand("BEGIN; SELECT 1 FROM ollama_proxy.prompts FOR UPDATE", other);
            await locking.ExecuteNonQueryAsync();

            var cancelling = store.CancelAsync(prompt.Id, default);
            var adding = store.AddAsync(New("beside it"), 0, default);
            var late = await Assert.ThrowsAsync<StoreException>(() => cancelling);
            Assert.Contains("did not answer in time", late.Message, StringComparison.Ordinal);
            await adding;
        }
        Assert.Equal(PromptStatus.Cancelled, (await store.CancelAsync(prompt.Id, default))!.Status);
    }

    private static (ConcurrentBag<Guid> Acknowledged, Submitters Load) Load(PostgresPromptStore store)
    {
        var acknowledged = new ConcurrentBag<Guid>();
        return (acknowledged, new(async () =>
        {
            try
            {
                acknowledged.Add((await store.AddAsync(New("load"), 0, default)).Prompt.Id);
            }
            catch (StoreException)
            {
                // Nothing was stored: the client sends it again.
                await Task.Delay(20);
            }
        }));
    }

    private static async Task AssertHoldsAsync(PostgresPromptStore store, IReadOnlyCollection<Guid> acknowledged)
    {
        var stored = new List<Guid>();
        for (var page = 1; stored.Count < page * 1000; page++)
        {
            var prompts = (await store.ListAsync(new(page, 1000), default)).Prompts;
            stored.AddRange(prompts.Select(prompt => prompt.Prompt.Id));
            if (prompts.Count < 1000)
                break;
        }
        Assert.NotEmpty(acknowledged);
        Assert.Equal(acknowledged.Order(), stored.Order());
        Assert.Equal(stored.Count, (await store.CountAsync(null, null, default))[PromptStatus.Queued]);
        Assert.Equal(stored.Count, (await store.ReadSnapshotAsync(new(1, default), default)).Queued);
    }

    private static NewPrompt New(string text) => new(text, "m", "{}"u8.ToArray());

    private static Task<PostgresPromptStore> OpenAsync(string connectionString) =>
        PostgresPromptStore.OpenAsync(connectionString, null, TimeProvider.System);

    /// <summary>Some who do the same again and again until they are stopped.</summary>
    private sealed class Submitters
    {
        private readonly Task[] _all;
        private volatile bool _isOver;

        public Submitters(Func<Task> run) => _all = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!_isOver)
                await run();
        }))];

        public async Task StopAsync()
        {
            _isOver = true;
            await Task.WhenAll(_all);
        }
    }
}
