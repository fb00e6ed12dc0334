using Npgsql;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;

namespace OllamaProxy.Benchmarks.Seeding;

/// <summary>
/// A database of PostgreSQL with as many prompts as are asked for. The store makes the tables, and the rows go straight into them. No
/// prompts may be added while it is in use.
/// </summary>
internal sealed class SeededDatabase : ISeededStore
{
    private SeededDatabase(string name, string connectionString) => (Name, ConnectionString) = (name, connectionString);

    public string Name { get; }

    public string ConnectionString { get; }

    public int Finished { get; private set; }

    public IReadOnlyList<(string Name, string Value)> Settings =>
        [("OLLAMA_PROXY_STORE", "postgres"), ("OLLAMA_PROXY_POSTGRES", ConnectionString)];

    /// <summary>Makes a database: with its tables, and nothing in them.</summary>
    public static async Task<SeededDatabase> CreateAsync(PostgresCluster cluster)
    {
        var name = $"bench_{Guid.NewGuid():N}";
        await cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE template0");
        var database = new SeededDatabase(name, cluster.ConnectionString(name));
        await (await PostgresPromptStore.OpenAsync(database.ConnectionString, null, TimeProvider.System)).DisposeAsync();
        return database;
    }

    /// <summary>Adds prompts: first those that have ended, then those that a worker runs, then those that wait.</summary>
    public async Task AddAsync(int finished, int queued, int processing = 0)
    {
        await using (var connection = await ConnectAsync())
        {
            await ExecuteAsync(connection, PostgresSeedSql.Begin);
            await InsertAsync(connection, PostgresSeedSql.Finished, finished);
            await InsertAsync(connection, PostgresSeedSql.Processing, processing);
            await InsertAsync(connection, PostgresSeedSql.Queued, queued);
            await ExecuteAsync(connection, PostgresSeedSql.Finish);
            // What is still on its way to the disk would slow the measurements.
            await ExecuteAsync(connection, "VACUUM ANALYZE");
            await ExecuteAsync(connection, "CHECKPOINT");
        }
        Finished += finished;
    }

    public async Task<IReadOnlyList<Guid>> RandomIdsAsync(int count)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(
            $"""
            SELECT id FROM (SELECT DISTINCT 1 + floor(random() * (SELECT max(seq) FROM ollama_proxy.prompts))::bigint AS seq
                FROM generate_series(1, {count * 2})) AS drawn JOIN ollama_proxy.prompts USING (seq) ORDER BY random() LIMIT {count}
            """, connection);
        return await IdsAsync(command);
    }

    public async Task<IReadOnlyList<Guid>> MiddleIdsAsync(int count)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(
            $"""
            SELECT id FROM ollama_proxy.prompts WHERE status = 'queued' ORDER BY rank, seq LIMIT {count}
            OFFSET (SELECT greatest((count(*) - {count}) / 2, 0) FROM ollama_proxy.prompts WHERE status = 'queued')
            """, connection);
        return await IdsAsync(command);
    }

    public async Task<IPromptStore> OpenAsync() =>
        await PostgresPromptStore.OpenAsync(ConnectionString, ConnectionString, TimeProvider.System);

    /// <summary>Opens a connection that sees the tables by their names.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Search Path=ollama_proxy;Command Timeout=0");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task InsertAsync(NpgsqlConnection connection, string sql, int count)
    {
        if (count == 0)
            return;
        await ExecuteAsync(connection, PostgresSeedSql.Plan(count));
        await ExecuteAsync(connection, sql);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<IReadOnlyList<Guid>> IdsAsync(NpgsqlCommand command)
    {
        var ids = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            ids.Add(rows.GetGuid(0));
        return ids;
    }
}
