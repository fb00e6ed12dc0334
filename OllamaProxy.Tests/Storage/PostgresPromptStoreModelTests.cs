using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

public sealed class PostgresPromptStoreModelTests : PromptStoreModelTests, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    /// <summary>Each sequence has the database emptied: to make another takes longer than to run it.</summary>
    protected override async Task<IPromptStore> OpenAsync(string folder, TimeProvider time)
    {
        var store = await PostgresPromptStore.OpenAsync(_database.ConnectionString, null, time);
        await store.DisposeAsync();
        await _database.NumberAsync(
            """
            TRUNCATE prompts, payloads, calls, results, responses, leases, attempts, chunks, connections, idempotency_keys, texts, parts, changes
            RESTART IDENTITY;
            UPDATE counts SET prompts = 0, xact = pg_snapshot_xmin(pg_current_snapshot());
            """);
        return await PostgresPromptStore.OpenAsync(_database.ConnectionString, null, time);
    }

    protected override async Task<IPromptStore> ReopenAsync(IPromptStore store, string folder, TimeProvider time)
    {
        await ((IAsyncDisposable)store).DisposeAsync();
        return await PostgresPromptStore.OpenAsync(_database.ConnectionString, null, time);
    }
}
