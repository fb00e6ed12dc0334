using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Postgres;

public sealed class PostgresPromptStoreTests : PromptStoreTests, IAsyncLifetime
{
    private readonly StoreHome _home = StoreHome.Postgres();
    private IPromptStore _store = null!;

    protected override IPromptStore Store => _store;

    public async Task InitializeAsync() => _store = await _home.OpenAsync(Time);

    public async Task DisposeAsync() => await _home.DisposeAsync();
}
