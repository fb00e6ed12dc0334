using OllamaProxy.Storage;
using OllamaProxy.Tests.Storage.Texts;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>
/// What every store promises, kept by PostgreSQL behind pgbouncer in transaction mode. Its few connections are handed on after each
/// transaction, so that nothing may be left in a session: no prepared statement, no lock, no setting.
/// </summary>
public sealed class PoolerPromptStoreTests : PromptStoreTests, IAsyncLifetime
{
    private readonly StoreHome _home = StoreHome.Pooler();
    private IPromptStore _store = null!;

    protected override IPromptStore Store => _store;

    public async Task InitializeAsync() => _store = await _home.OpenAsync(Time);

    public async Task DisposeAsync() => await _home.DisposeAsync();
}

public sealed class PoolerPromptChangeTests : PromptChangeTests, IAsyncLifetime
{
    private readonly StoreHome _home = StoreHome.Pooler();
    private IPromptStore _store = null!;

    protected override IPromptStore Store => _store;

    public async Task InitializeAsync() => _store = await _home.OpenAsync(Time);

    public async Task DisposeAsync() => await _home.DisposeAsync();
}

public sealed class PoolerPromptCallTests() : PromptCallTests(StoreHome.Pooler());

public sealed class PoolerLongTextTests() : LongTextTests(StoreHome.Pooler());

public sealed class PoolerRecentHistoryTests() : RecentHistoryTests(StoreHome.Pooler());

public sealed class PoolerClockJumpTests() : ClockJumpTests(StoreHome.Pooler());
