using System.Globalization;
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

    /// <summary>Runs SQL as another process would, and returns the first column of the first row as a number.</summary>
    public async Task<long> NumberAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Search Path=ollama_proxy");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Runs SQL as another process would, and returns the first column of its rows.</summary>
    public async Task<List<string>> ListAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Search Path=ollama_proxy");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await row.ReadAsync())
            list.Add(row.GetString(0));
        return list;
    }

    public async ValueTask DisposeAsync() => await _cluster.ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");
}
