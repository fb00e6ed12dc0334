using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Storage.Model;

namespace OllamaProxy.Tests.Storage.Sqlite;

public sealed class SqlitePromptStoreModelTests : PromptStoreModelTests
{
    protected override Task<IPromptStore> OpenAsync(string folder, TimeProvider time) =>
        Task.FromResult<IPromptStore>(SqlitePromptStore.Open(Path.Combine(folder, "queue.db"), "llama3.2", time));
}
