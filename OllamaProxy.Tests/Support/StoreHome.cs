using System.Text;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Support;

/// <summary>A file or database of a test's own, in which stores are opened; all are closed with it.</summary>
public abstract class StoreHome : IAsyncDisposable
{
    private readonly List<IPromptStore> _stores = [];

    /// <summary>That of the store which the tests are run on: set <c>OLLAMA_PROXY_TEST_STORE</c> to <c>postgres</c>.</summary>
    public static StoreHome Chosen() => RunningProxy.IsOnPostgres ? new OfPostgres(isPooled: false, listens: true) : Sqlite();

    public static StoreHome Sqlite() => new OfSqlite();

    public static StoreHome Postgres() => new OfPostgres(isPooled: false, listens: false);

    /// <summary>PostgreSQL behind a pooler in transaction mode.</summary>
    public static StoreHome Pooler() => new OfPostgres(isPooled: true, listens: false);

    /// <summary>Where a process of the program is started; the SQLite file is in it.</summary>
    public TempFolder Folder { get; } = new();

    /// <summary>What a process calls the database in its log, once there is one.</summary>
    public abstract string Name { get; }

    /// <summary>The settings by which a process keeps its prompts here.</summary>
    public abstract Task<(string Name, string Value)[]> SettingsAsync();

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
    /// Runs SQL that both understand as another process would, and returns the first column of the first row, a number.
    /// </summary>
    public async Task<long> NumberAsync(string sql) => (long)(await QueryAsync(sql))[0][0]!;

    /// <summary>As <see cref="NumberAsync"/>, and returns all rows: of numbers, and of texts for all else. NULL is null.</summary>
    public abstract Task<List<object?[]>> QueryAsync(string sql);

    /// <summary>Whether a process is amid a transaction that writes, at this moment.</summary>
    public abstract Task<bool> IsWritingAsync();

    /// <summary>
    /// Changes a bit of each text that holds these words, amid them, as disks and copies do it: the database does not notice. No store may
    /// be open.
    /// </summary>
    public abstract Task DamageAsync(string words);

    /// <summary>It holds as many prompts, and what is counted and leased agrees with them.</summary>
    public abstract Task AssertSoundAsync(int prompts);

    public async ValueTask DisposeAsync()
    {
        while (_stores.Count > 0)
            await CloseAsync(_stores[^1]);
        await RemoveAsync();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<IPromptStore> OpenStoreAsync(TimeProvider time);

    protected virtual Task RemoveAsync() => Task.CompletedTask;

    private sealed class OfSqlite : StoreHome
    {
        public override string Name => Path;

        private string Path => Folder.File("queue.db");

        public override Task<(string Name, string Value)[]> SettingsAsync() =>
            Task.FromResult<(string Name, string Value)[]>([("OLLAMA_PROXY_DB", Path)]);

        public override Task<List<object?[]>> QueryAsync(string sql)
        {
            using var connection = StorageRig.Open(Path);
            using var command = connection.Command(sql);
            using var row = command.ExecuteReader();
            var rows = new List<object?[]>();
            while (row.Read())
                rows.Add([.. Enumerable.Range(0, row.FieldCount).Select(column => row.IsDBNull(column) ? null : row.GetValue(column))]);
            return Task.FromResult(rows);
        }

        public override Task AssertSoundAsync(int prompts)
        {
            StorageRig.AssertSound(Path, prompts);
            return Task.CompletedTask;
        }

        public override Task DamageAsync(string words)
        {
            var (bytes, sought) = (File.ReadAllBytes(Path), Encoding.ASCII.GetBytes(words));
            var found = 0;
            for (var from = 0; bytes.AsSpan(from).IndexOf(sought) is >= 0 and var at; from += at + 1, found++)
                bytes[from + at + (sought.Length / 2)] ^= 0x20;
            File.WriteAllBytes(Path, bytes);
            Assert.NotEqual(0, found);
            return Task.CompletedTask;
        }

        public override Task<bool> IsWritingAsync()
        {
            using var connection = new SqliteConnection($"Data Source={Path};Pooling=False;Default Timeout=1");
            connection.Open();
            try
            {
                connection.Execute("BEGIN IMMEDIATE; ROLLBACK");
                return Task.FromResult(false);
            }
            catch (SqliteException)
            {
                return Task.FromResult(true);
            }
        }

        protected override Task<IPromptStore> OpenStoreAsync(TimeProvider time) =>
            Task.FromResult<IPromptStore>(SqlitePromptStore.Open(Path, "llama3.2", time));
    }

    private sealed class OfPostgres(bool isPooled, bool listens) : StoreHome
    {
        private static readonly (string Table, string Column)[] Texts =
        [
            ("payloads", "prompt"), ("payloads", "request"), ("calls", "body"), ("results", "result"), ("results", "thinking"),
            ("responses", "body"), ("parts", "bytes"),
        ];

        private PostgresDatabase? _database;

        public override string Name => _database!.Name;

        public override async Task<(string Name, string Value)[]> SettingsAsync() =>
            [("OLLAMA_PROXY_STORE", "postgres"), ("OLLAMA_PROXY_POSTGRES", await ConnectionStringAsync())];

        public override Task<List<object?[]>> QueryAsync(string sql) => _database!.QueryAsync(sql);

        public override async Task AssertSoundAsync(int prompts)
        {
            Assert.Equal(prompts, await NumberAsync("SELECT count(*) FROM prompts"));
            Assert.Equal(0, await NumberAsync(
                "SELECT count(*) FROM counts "
                + "WHERE count_of(status) <> (SELECT count(*) FROM prompts WHERE prompts.status = counts.status)"));
            Assert.Equal(0, await NumberAsync(
                "SELECT count(*) FROM leases WHERE seq NOT IN (SELECT seq FROM prompts WHERE status = 'processing')"));
        }

        public override async Task DamageAsync(string words)
        {
            var found = 0L;
            foreach (var (table, column) in Texts)
                found += await NumberAsync(
                    $"""
                    WITH damaged AS (
                        UPDATE {table} SET {column} = set_byte({column}, at, get_byte({column}, at) # 32)
                        FROM (SELECT ctid AS place, position('{words}' IN {column}) - 1 + {words.Length / 2} AS at FROM {table}) AS found
                        WHERE {table}.ctid = place AND at >= {words.Length / 2} RETURNING 1)
                    SELECT count(*) FROM damaged
                    """);
            Assert.NotEqual(0, found);
        }

        public override async Task<bool> IsWritingAsync() => await NumberAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'") > 0;

        protected override async Task<IPromptStore> OpenStoreAsync(TimeProvider time)
        {
            var connection = await ConnectionStringAsync();
            return await PostgresPromptStore.OpenAsync(
                connection, listens ? connection : null, time, databaseClockRules: time == TimeProvider.System);
        }

        protected override async Task RemoveAsync()
        {
            if (_database is null)
                return;
            // The pooler keeps connections to it, and may not have noticed that they were ended when the next test comes.
            if (isPooled)
                await _database.DisposeAsync();
            else
                await _database.EmptyAsync();
        }

        private async Task<string> ConnectionStringAsync()
        {
            _database ??= await PostgresDatabase.TakeAsync();
            return isPooled ? (await Pgbouncer.SharedAsync()).ConnectionString(_database.Name) : _database.ConnectionString;
        }
    }
}
