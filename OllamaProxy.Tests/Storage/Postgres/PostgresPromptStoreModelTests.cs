using System.Collections.Concurrent;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Storage.Model;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

public sealed class PostgresPromptStoreModelTests : PromptStoreModelTests
{
    private readonly ConcurrentDictionary<string, PostgresDatabase> _inUse = [];

    protected override async Task<IPromptStore> OpenAsync(string folder, TimeProvider time)
    {
        var database = await PostgresDatabase.TakeAsync();
        _inUse[folder] = database;
        return await PostgresPromptStore.OpenAsync(database.ConnectionString, null, time, databaseClockRules: false);
    }

    protected override async Task<IPromptStore> ReopenAsync(IPromptStore store, string folder, TimeProvider time)
    {
        await ((IAsyncDisposable)store).DisposeAsync();
        return await PostgresPromptStore.OpenAsync(_inUse[folder].ConnectionString, null, time, databaseClockRules: false);
    }

    protected override async Task OnEndedAsync(string folder)
    {
        if (_inUse.TryRemove(folder, out var database))
            await database.EmptyAsync();
    }
}
