using System.Collections.Concurrent;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>A standby takes over from a primary that crashed, or the server takes no writes for a while.</summary>
public sealed class FailoverTests
{
    [StoreFact]
    public async Task When_a_standby_takes_over_under_load_all_that_was_acknowledged_is_there_once()
    {
        await using var primary = await PostgresCluster.StartAsync("-c fsync=off");
        var database = await PostgresDatabase.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync();
        await using var store = await PostgresPromptStore.OpenAsync(BothOf(primary, standby, database), null, TimeProvider.System);
        var acknowledged = new ConcurrentBag<Guid>();
        using var over = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    acknowledged.Add((await store.AddAsync(New("load"), 0, default)).Prompt.Id);
                }
                catch (StoreException refused)
                {
                    Assert.True(refused.IsTransient, refused.Message);
                    await Task.Delay(20);
                }
            }
        })).ToList();

        await Eventually.True(() => acknowledged.Count > 200);
        await primary.StopServerAsync();
        await standby.PromoteAsync();
        var before = acknowledged.Count;
        await Eventually.True(() => acknowledged.Count > before + 200);
        await over.CancelAsync();
        await Task.WhenAll(load);

        var stored = new List<Guid>();
        for (var page = 1; await store.ListAsync(new(page, 1000), default) is { Prompts: { Count: > 0 } prompts }; page++)
            stored.AddRange(prompts.Select(prompt => prompt.Prompt.Id));
        Assert.Equal(acknowledged.Order(), stored.Order());
        Assert.Equal(stored.Count, (await store.CountAsync(null, null, default))[PromptStatus.Queued]);
    }

    [StoreFact]
    public async Task Without_a_primary_clients_are_told_to_come_again_and_go_on_when_there_is_one()
    {
        await using var primary = await PostgresCluster.StartAsync("-c fsync=off");
        var database = await PostgresDatabase.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync();
        await using var proxy = await PostgresRig.StartAsync(BothOf(primary, standby, database));
        var before = await proxy.SubmitAsync(new { prompt = "before" });
        await proxy.ResultAsync(before);

        await primary.StopServerAsync();
        await PostgresRig.AssertRefusedAsync(proxy);
        await standby.PromoteAsync();

        var after = await Eventually.NotNull(async () =>
        {
            using var answer = await proxy.Client.PutAsync(
                $"/api/v1/prompt/{Guid.NewGuid()}", System.Net.Http.Json.JsonContent.Create(new { prompt = "after" }));
            return answer.IsSuccessStatusCode ? answer.Headers.Location!.ToString().Split('/')[^2] : null;
        });
        Assert.Equal("completed", (await proxy.ResultAsync(after)).GetProperty("status").GetString());
        await PostgresRig.AssertHoldsAsync(proxy, before, after);
    }

    [StoreFact]
    public async Task A_commit_that_the_old_primary_never_made_is_not_taken_for_another_of_the_same_number()
    {
        await using var primary = await PostgresCluster.StartAsync("-c fsync=off");
        var database = await PostgresDatabase.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync();
        await using var relay = new CommitRelay(primary.Port);
        await using var store = await PostgresPromptStore.OpenAsync(
            $"Host=127.0.0.1;Port={relay.Port};Username=postgres;Database={database.Name}", null, TimeProvider.System);
        relay.OnCommit = async () =>
        {
            relay.OnCommit = null;
            await primary.StopServerAsync();
            await standby.PromoteAsync();
            // Others write there, and use up the numbers that the old primary had given out.
            await standby.ExecuteAsync("postgres",
                "DO $$ BEGIN FOR n IN 1..200 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
            relay.Target = standby.Port;
            return false;
        };

        var prompt = (await store.AddAsync(New("not lost"), 0, default)).Prompt;

        Assert.Equal([prompt.Id], (await store.ListAsync(new(1, 5), default)).Prompts.Select(each => each.Prompt.Id));
    }

    [StoreFact]
    public async Task While_the_database_is_read_only_submits_are_503_and_reads_work()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var proxy = await PostgresRig.StartAsync(database.ConnectionString, ("OLLAMA_PROXY_WORKER", "0"));
        var before = await proxy.SubmitAsync(new { prompt = "before" });
        await database.QueryAsync($"ALTER DATABASE {database.Name} SET default_transaction_read_only = on");
        await database.QueryAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");

        Assert.All(await PostgresRig.AssertRefusedAsync(proxy), words => Assert.EndsWith("is read-only.", words, StringComparison.Ordinal));
        await PostgresRig.AssertHoldsAsync(proxy, before);

        await database.QueryAsync(
            $"BEGIN READ WRITE; ALTER DATABASE {database.Name} SET default_transaction_read_only = off; COMMIT");
        await PostgresRig.AssertHoldsAsync(proxy, before, await proxy.SubmitAsync(new { prompt = "after" }));
    }

    private static NewPrompt New(string text) => new(text, "m", "{}"u8.ToArray());

    private static string BothOf(PostgresCluster one, PostgresCluster other, PostgresDatabase database) =>
        $"Host=127.0.0.1:{one.Port},127.0.0.1:{other.Port};Username=postgres;Database={database.Name}";
}
