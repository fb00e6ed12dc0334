using System.Collections.Concurrent;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Storage.Model;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>Each sequence takes a database that another is done with, emptied: to make one takes longer than to run it.</summary>
public sealed class PostgresPromptStoreModelTests : PromptStoreModelTests, IAsyncLifetime
{
    private const string EmptyAll =
        """
        TRUNCATE prompts, payloads, calls, results, responses, leases, attempts, chunks, response_chunks, connections, idempotency_keys,
            texts, parts, changes, pauses, usage, usage_changes, load_options, truncations
        RESTART IDENTITY;
        UPDATE counts SET prompts = 0, xact = pg_snapshot_xmin(pg_current_snapshot());
        """;

    private readonly ConcurrentBag<PostgresDatabase> _idle = [];
    private readonly ConcurrentDictionary<string, PostgresDatabase> _inUse = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var database in _idle)
            await database.DisposeAsync();
    }

    protected override async Task<IPromptStore> OpenAsync(string folder, TimeProvider time)
    {
        if (_idle.TryTake(out var database))
            await database.QueryAsync(EmptyAll);
        else
            database = await PostgresDatabase.CreateAsync();
        _inUse[folder] = database;
        return await PostgresPromptStore.OpenAsync(database.ConnectionString, null, time, databaseClockRules: false);
    }

    protected override async Task<IPromptStore> ReopenAsync(IPromptStore store, string folder, TimeProvider time)
    {
        await ((IAsyncDisposable)store).DisposeAsync();
        return await PostgresPromptStore.OpenAsync(_inUse[folder].ConnectionString, null, time, databaseClockRules: false);
    }

    protected override void OnEnded(string folder)
    {
        if (_inUse.TryRemove(folder, out var database))
            _idle.Add(database);
    }
}
