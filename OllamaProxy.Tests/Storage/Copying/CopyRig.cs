using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Copying;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Copying;

/// <summary>Databases of a test's own, and copies between them.</summary>
internal sealed class CopyRig : IAsyncDisposable
{
    private readonly Dictionary<CopyAddress, PostgresDatabase> _databases = [];

    public TempFolder Folder { get; } = new();

    /// <summary>Long ago: the leases of these stores ran out.</summary>
    public FakeTimeProvider Time { get; } = new(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));

    public static CopyAddress Address(string text) => CopyAddress.Parse(text, new ConfigurationBuilder().Build());

    /// <summary>A file that is not there yet.</summary>
    public CopyAddress Sqlite(string name) => Address($"sqlite:{Folder.File(name)}");

    /// <summary>An empty database.</summary>
    public async Task<(CopyAddress Address, PostgresDatabase Database)> PostgresAsync()
    {
        var database = await PostgresDatabase.CreateAsync();
        var address = Address($"postgres:{database.ConnectionString}");
        _databases.Add(address, database);
        return (address, database);
    }

    public async Task<CopyAddress> EmptyAsync(bool isPostgres, string name) =>
        isPostgres ? (await PostgresAsync()).Address : Sqlite(name);

    /// <summary>Does something with a store, and closes it.</summary>
    public async Task<T> WithStoreAsync<T>(CopyAddress address, Func<IPromptStore, Task<T>> use, TimeProvider? time = null)
    {
        time ??= Time;
        IPromptStore store = address.IsPostgres
            ? await PostgresPromptStore.OpenAsync(address.Value, null, time, databaseClockRules: time == TimeProvider.System)
            : SqlitePromptStore.Open(address.Value, "llama3.2", time);
        T result;
        await using ((IAsyncDisposable)store)
            result = await use(store);
        await ClosedAsync(address);
        return result;
    }

    /// <summary>Waits until the server has noticed that connections were closed.</summary>
    public async Task ClosedAsync(CopyAddress address)
    {
        const string Connections =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'Ollama Proxy%'";
        if (_databases.TryGetValue(address, out var database))
            await Eventually.NotNull(
                async () => await database.NumberAsync(Connections) == 0 ? "closed" : null, "the connections to be closed");
    }

    public static Task<CopyReport> CopyAsync(CopyAddress from, CopyAddress to) => StoreCopy.RunAsync(from, to, new Silent(), default);

    /// <summary>Copies, and breaks off once something has been copied; tells how many prompts that was.</summary>
    public static async Task<long> BreakOffAsync(CopyAddress from, CopyAddress to)
    {
        using var stop = new CancellationTokenSource();
        var progress = new BreakingOff(stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoreCopy.RunAsync(from, to, progress, stop.Token));
        return progress.Prompts;
    }

    /// <summary>Queues many small prompts, in batches of their own.</summary>
    public Task<int> QueueManyAsync(CopyAddress address, int count) => WithStoreAsync(address, async store =>
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(1000))
            await store.AddBatchAsync(
                Guid.CreateVersion7(), [.. chunk.Select(number => new NewPrompt($"prompt {number}", "m", "{}"u8.ToArray()))], 0, default);
        return count;
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
            await database.DisposeAsync();
        Folder.Dispose();
    }

    private sealed class Silent : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
        }
    }

    private sealed class BreakingOff(CancellationTokenSource stop) : IProgress<CopyProgress>
    {
        public long Prompts { get; private set; }

        public void Report(CopyProgress value)
        {
            Prompts = value.Prompts;
            if (value.Prompts > 0)
                stop.Cancel();
        }
    }
}
