using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>The contract of the store, on SQLite.</summary>
public sealed class SqlitePromptStoreTests : PromptStoreTests, IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqlitePromptStore _store;

    public SqlitePromptStoreTests() => _store = SqlitePromptStore.Open(_folder.File("queue.db"), "llama3.2", Time);

    protected override IPromptStore Store => _store;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    public void Dispose() => _folder.Dispose();
}
