using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Npgsql;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Storage.Postgres;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>A database of a test's own.</summary>
/// <param name="cluster">The server.</param>
/// <param name="name">Its name there.</param>
internal sealed class PostgresDatabase(PostgresCluster cluster, string name) : IAsyncDisposable
{
    /// <summary>
    /// Leaves the tables as the migrations made them. Rows are deleted, since TRUNCATE makes new files: a server that makes and removes
    /// many of them is slow.
    /// </summary>
    private const string Empty =
        """
        DO $$
        DECLARE
            name text;
        BEGIN
            PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
            PERFORM set_config('session_replication_role', 'replica', true); -- no trigger, and in any order
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'ollama_proxy' AND tablename NOT IN ('version', 'counts') LOOP
                EXECUTE 'DELETE FROM ' || name;
            END LOOP;
            UPDATE counts SET prompts = 0, xact = pg_snapshot_xmin(pg_current_snapshot());
            PERFORM setval(sequencename::regclass, 1, false) FROM pg_sequences WHERE schemaname = 'ollama_proxy';
        END $$
        """;

    private static readonly ConcurrentBag<PostgresDatabase> Idle = [];

    public string Name => name;

    public string ConnectionString => cluster.ConnectionString(name);

    /// <summary>Makes an empty database; in the server that tests share, unless another is named.</summary>
    public static async Task<PostgresDatabase> CreateAsync(PostgresCluster? cluster = null)
    {
        cluster ??= await Clusters.SharedAsync();
        var name = $"test_{Guid.NewGuid():N}";
        await cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE template0");
        return new(cluster, name);
    }

    /// <summary>
    /// Takes a database with the tables of a store and nothing in them, which another test may be done with: to make and drop one takes
    /// longer than most tests. Return it by <see cref="EmptyAsync"/>, unless more than rows was changed in it.
    /// </summary>
    public static async Task<PostgresDatabase> TakeAsync()
    {
        if (Idle.TryTake(out var idle))
            return idle;
        var database = await CreateAsync();
        await (await PostgresPromptStore.OpenAsync(database.ConnectionString, null, TimeProvider.System)).DisposeAsync();
        return database;
    }

    /// <summary>Empties it for the next test.</summary>
    public async Task EmptyAsync()
    {
        await QueryAsync(Empty);
        Idle.Add(this);
    }

    /// <summary>Runs SQL as another process would, and returns the first column of the first row as a number; 0: there is none.</summary>
    public async Task<long> NumberAsync(string sql) =>
        Convert.ToInt64((await QueryAsync(sql)).FirstOrDefault()?[0], CultureInfo.InvariantCulture);

    /// <summary>Runs SQL as another process would, and returns all rows: of numbers, and of texts for all else. NULL is null.</summary>
    public async Task<List<object?[]>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Search Path=ollama_proxy");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync();
        var rows = new List<object?[]>();
        do
        {
            while (await row.ReadAsync())
                rows.Add([.. Enumerable.Range(0, row.FieldCount).Select(column => ValueOf(row.GetValue(column)))]);
        }
        while (await row.NextResultAsync());
        return rows;
    }

    /// <summary>Runs SQL as another process would, and returns the first column of its rows.</summary>
    public async Task<List<string>> ListAsync(string sql) => [.. (await QueryAsync(sql)).Select(row => (string)row[0]!)];

    private static object? ValueOf(object value) => value switch
    {
        DBNull => null,
        short or int or long or decimal => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        byte[] text => Encoding.UTF8.GetString(text),
        DateTime time => time.ToString("o", CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    public async ValueTask DisposeAsync() => await cluster.ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
}
