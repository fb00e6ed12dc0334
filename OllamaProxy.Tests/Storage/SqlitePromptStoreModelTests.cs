using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Tests.Storage;

public sealed class SqlitePromptStoreModelTests : PromptStoreModelTests
{
    protected override Task<IPromptStore> OpenAsync(string folder, TimeProvider time) =>
        Task.FromResult<IPromptStore>(SqlitePromptStore.Open(Path.Combine(folder, "queue.db"), "llama3.2", time));
}
