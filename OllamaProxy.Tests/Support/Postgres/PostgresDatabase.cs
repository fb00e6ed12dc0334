using System.Globalization;
using System.Text;
using Npgsql;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>A database of a test's own.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresCluster _cluster;

    private PostgresDatabase(PostgresCluster cluster, string name) => (_cluster, Name) = (cluster, name);

    public string Name { get; }

    public string ConnectionString => _cluster.ConnectionString(Name);

    /// <summary>Makes an empty database; in the server that tests share, unless another is named.</summary>
    public static async Task<PostgresDatabase> CreateAsync(PostgresCluster? cluster = null)
    {
        cluster ??= await PostgresCluster.SharedAsync();
        var name = $"test_{Guid.NewGuid():N}";
        await cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE template0");
        return new(cluster, name);
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

    public async ValueTask DisposeAsync() => await _cluster.ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");
}
