using System.Globalization;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Benchmarks.Seeding;

/// <summary>
/// A database with as many prompts as are asked for, as months of use would leave it. The store makes the tables; the
/// rows go straight into them, a million in some ten seconds. No method may be called while the file is open elsewhere.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="owners">To how many owners the prompts belong, in turn; 0: they are nobody's.</param>
internal sealed class SeededFile(string path, int owners = 0) : ISeededStore
{
    public string Path => path;

    public int Finished { get; private set; }

    /// <summary>How many queued prompts were added.</summary>
    public int Queued { get; private set; }

    public IReadOnlyList<(string Name, string Value)> Settings => [("OLLAMA_PROXY_DB", path)];

    /// <summary>Adds prompts: first those that have ended, then those that a worker runs, then those that wait.</summary>
    /// <exception cref="BenchmarkException">The store's tables are not as this expects them.</exception>
    public async Task AddAsync(int finished, int queued, int processing = 0)
    {
        await using (SqlitePromptStore.Open(path, "llama3.2", TimeProvider.System))
        {
            // Opened to have the tables.
        }
        await using (var connection = Open())
        {
            Execute(connection, SeedSql.Hasten);
            await using var transaction = connection.BeginTransaction();
            Insert(connection, SeedSql.Finished, finished);
            Insert(connection, SeedSql.Processing, processing);
            Insert(connection, SeedSql.Queued, queued);
            await transaction.CommitAsync();
        }
        (Finished, Queued) = (Finished + finished, Queued + queued);

        // What is still on its way to the disk would slow the measurements.
        await using var file = File.OpenWrite(path);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Adds what is missing to this many finished and queued prompts.</summary>
    public async Task GrowAsync(int finished, int queued)
    {
        if (finished > Finished || queued > Queued)
            await AddAsync(Math.Max(finished - Finished, 0), Math.Max(queued - Queued, 0));
    }

    public async Task<IReadOnlyList<Guid>> RandomIdsAsync(int count)
    {
        await using var connection = Open();
        var last = Number(connection, "SELECT max(seq) FROM prompts");
        return [.. Enumerable.Range(0, count).Select(_ => IdOf(connection, Random.Shared.NextInt64(last) + 1))];
    }

    public async Task<IReadOnlyList<Guid>> MiddleIdsAsync(int count)
    {
        await using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM prompts WHERE status = 'queued' ORDER BY rank, seq LIMIT $count OFFSET $half";
        command.Parameters.AddWithValue("$half",
            Math.Max((Number(connection, "SELECT count(*) FROM prompts WHERE status = 'queued'") - count) / 2, 0));
        command.Parameters.AddWithValue("$count", count);
        using var row = command.ExecuteReader();
        var ids = new List<Guid>();
        while (row.Read())
            ids.Add(row.GetGuid(0));
        return ids;
    }

    public Task<IPromptStore> OpenAsync() =>
        Task.FromResult<IPromptStore>(SqlitePromptStore.Open(path, "llama3.2", TimeProvider.System));

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private void Insert(SqliteConnection connection, string sql, int count)
    {
        if (count == 0)
            return;
        const string Counted = "SELECT sum(prompts) FROM counts";
        var before = Number(connection, Counted);
        Execute(connection, SeedSql.Plan(count, owners));
        Execute(connection, sql);
        if (Number(connection, Counted) != before + count)
            throw new BenchmarkException("The table counts does not follow the rows that are added: the seeding must keep it.");
    }

    private static Guid IdOf(SqliteConnection connection, long seq)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM prompts WHERE seq = $seq";
        command.Parameters.AddWithValue("$seq", seq);
        return Guid.Parse((string)command.ExecuteScalar()!);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandTimeout = 0;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
