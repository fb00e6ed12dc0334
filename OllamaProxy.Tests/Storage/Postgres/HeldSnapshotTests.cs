using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>A report, a backup or a forgotten session holds a transaction open while the queue is worked off.</summary>
public sealed class HeldSnapshotTests
{
    [StoreTheory]
    [InlineData("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ollama_proxy.prompts")]
    [InlineData("BEGIN; SELECT pg_current_xact_id()")] // counts cannot be summed up beyond it
    public async Task Prompts_are_submitted_and_completed_and_counted_while_another_holds_a_transaction_open(string hold)
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var proxy = await PostgresRig.StartAsync(database.ConnectionString, ("OLLAMA_CONCURRENCY", "8"));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "before" }));
        await using var other = new NpgsqlConnection(database.ConnectionString);
        await other.OpenAsync();
        await using var command = new NpgsqlCommand(hold, other);
        await command.ExecuteNonQueryAsync();

        var ids = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => proxy.SubmitAsync(new { prompt = $"{n}" })));

        foreach (var result in await Task.WhenAll(ids.Select(proxy.ResultAsync)))
            Assert.Equal("completed", result.GetProperty("status").GetString());
        Assert.Equal(101, proxy.Ollama.Requests.Count);
        await using var store = await PostgresPromptStore.OpenAsync(database.ConnectionString, null, TimeProvider.System);
        var counts = await store.CountAsync(null, null, default);
        Assert.Equal((101, 0, 0), (counts[PromptStatus.Completed], counts[PromptStatus.Queued], counts[PromptStatus.Processing]));
        Assert.Equal(0, (await store.ReadSnapshotAsync(new(1, default), default)).Queued);
    }
}
