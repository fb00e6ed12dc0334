using Npgsql;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Tests.Support;

/// <summary>A file or database of a test's own, in which stores are opened; all are closed with it.</summary>
public abstract class StoreHome : IAsyncDisposable
{
    private readonly List<IPromptStore> _stores = [];

    public static StoreHome Sqlite() => new OfSqlite();

    public static StoreHome Postgres() => new OfPostgres(isPooled: false);

    /// <summary>PostgreSQL behind a pooler in transaction mode.</summary>
    public static StoreHome Pooler() => new OfPostgres(isPooled: true);

    /// <summary>Opens a store as a process does.</summary>
    public async Task<IPromptStore> OpenAsync(TimeProvider time)
    {
        var store = await OpenStoreAsync(time);
        _stores.Add(store);
        return store;
    }

    /// <summary>Closes a store as a process does that ends.</summary>
    public async Task CloseAsync(IPromptStore store)
    {
        _stores.Remove(store);
        await ((IAsyncDisposable)store).DisposeAsync();
    }

    /// <summary>
    /// Runs SQL that both understand as another process would, and returns the first column of the first row as a number.
    /// </summary>
    public abstract Task<long> NumberAsync(string sql);

    public async ValueTask DisposeAsync()
    {
        while (_stores.Count > 0)
            await CloseAsync(_stores[^1]);
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<IPromptStore> OpenStoreAsync(TimeProvider time);

    protected abstract Task RemoveAsync();

    private sealed class OfSqlite : StoreHome
    {
        private readonly TempFolder _folder = new();

        public override Task<long> NumberAsync(string sql)
        {
            using var connection = Storage.StorageRig.Open(_folder.File("queue.db"));
            return Task.FromResult(connection.Number(sql));
        }

        protected override Task<IPromptStore> OpenStoreAsync(TimeProvider time) =>
            Task.FromResult<IPromptStore>(SqlitePromptStore.Open(_folder.File("queue.db"), "llama3.2", time));

        protected override Task RemoveAsync()
        {
            _folder.Dispose();
            return Task.CompletedTask;
        }
    }

    private sealed class OfPostgres(bool isPooled) : StoreHome
    {
        private PostgresDatabase? _database;

        public override async Task<long> NumberAsync(string sql) => await _database!.NumberAsync(sql);

        protected override async Task<IPromptStore> OpenStoreAsync(TimeProvider time)
        {
            _database ??= await PostgresDatabase.CreateAsync();
            var connection = isPooled ? (await Pgbouncer.SharedAsync()).ConnectionString(_database.Name) : _database.ConnectionString;
            return await PostgresPromptStore.OpenAsync(connection, null, time, databaseClockRules: time == TimeProvider.System);
        }

        protected override async Task RemoveAsync()
        {
            if (_database is not null)
                await _database.DisposeAsync();
        }
    }
}
