using Microsoft.Data.Sqlite;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Caching;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>The file of the store: how it is made, opened, read and closed, and which files are refused.</summary>
public sealed class SqliteFileTests : SqliteStoreTest
{
    [Fact]
    public async Task A_file_that_was_closed_is_whole_without_a_log_beside_it()
    {
        await AddAsync("hello");
        await Store.ListAsync(new(1, 5), default);

        await Store.DisposeAsync();

        Assert.Equal([File], Directory.GetFiles(Folder.Path));
    }

    [Fact]
    public async Task A_file_that_is_opened_again_has_everything()
    {
        var added = await AddAsync("hello");
        await Store.DisposeAsync();

        await using var again = Open();
        Assert.Equal(added, await again.FindAsync(added.Id, default));
    }

    [Fact]
    public void The_file_is_in_WAL_mode_with_incremental_vacuum_and_a_version()
    {
        Assert.Equal("wal", Sql("PRAGMA journal_mode"));
        Assert.Equal(2L, Sql("PRAGMA auto_vacuum"));
        Assert.Equal((long)SqliteSchema.Version, Sql("PRAGMA user_version"));
    }

    [Fact]
    public void The_table_has_the_columns_of_the_original() =>
        Assert.Equal(7L, Sql("""
            SELECT count(*) FROM pragma_table_info('prompts')
            WHERE name IN ('seq', 'id', 'prompt', 'status', 'result', 'created_at', 'updated_at')
            """));

    [Fact]
    public void The_queue_is_read_from_the_index_of_queued_prompts_and_the_few_load_options_by_their_keys() =>
        Assert.Equal(
            ["SCAN prompts USING COVERING INDEX prompts_in_turn", "CORRELATED SCALAR SUBQUERY 1",
                "SEARCH load_options USING INTEGER PRIMARY KEY (rowid=?)"],
            Plan(CommitObserver.ReadAll).Trim().Split('\n'));

    [Fact]
    public void A_sweep_scans_neither_the_queue_nor_what_has_ended()
    {
        var sql = SqliteLeases.SweepAll;
        foreach (var (parameter, value) in new[]
        {
            ("$leases_by_ms", "1"), ("$now_ms", "1"), ("$now", "''"), ("$max_attempts", "1"), ("$lease_ran_out", "''"),
            ("$client_gone", "''"),
        })
            sql = sql.Replace(parameter, value, StringComparison.Ordinal);
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var plan = Plan(statement);
            Assert.DoesNotContain("SCAN prompts", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("status=? AND seq", plan, StringComparison.Ordinal);
            if (statement.Contains("expires_in", StringComparison.Ordinal))
                Assert.Contains("INDEX prompts_to_expire", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_made()
    {
        await using var store = SqlitePromptStore.Open(Folder.File("some/where/queue.db"), "m", Time);
        Assert.NotNull(await store.AddAsync(New("hello"), 0, default));
    }

    [Fact]
    public void A_file_of_a_newer_version_is_refused_and_left_alone()
    {
        Sql("PRAGMA user_version = 999");
        var refused = Assert.Throws<StoreException>(Open);
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        Assert.Equal(999L, Sql("PRAGMA user_version"));
    }

    [Fact]
    public void A_database_of_another_program_is_refused_and_left_alone()
    {
        using (var connection = new SqliteConnection($"Data Source={Folder.File("other.db")};Pooling=False"))
        {
            connection.Open();
            connection.Execute("CREATE TABLE prompts (id INTEGER, text TEXT)");
        }
        var before = System.IO.File.ReadAllBytes(Folder.File("other.db"));

        var refused = Assert.Throws<StoreException>(() => SqlitePromptStore.Open(Folder.File("other.db"), "m", Time));

        Assert.Contains("another program", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, System.IO.File.ReadAllBytes(Folder.File("other.db")));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_alone()
    {
        System.IO.File.WriteAllText(Folder.File("notes.txt"), new string('x', 5000));

        var refused = Assert.Throws<StoreException>(() => SqlitePromptStore.Open(Folder.File("notes.txt"), "m", Time));

        Assert.Contains("no SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), System.IO.File.ReadAllText(Folder.File("notes.txt")));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_its_neighbours_alone()
    {
        Sql("CREATE TRIGGER refuse BEFORE INSERT ON prompts WHEN NEW.prompt = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END");

        var writes = Enumerable.Range(0, 50).Select(n => Task.Run(() => AddAsync(n % 10 == 0 ? "bad" : $"good {n}"))).ToList();
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default)));

        Assert.Equal(5, writes.Count(write => write.IsFaulted && write.Exception!.InnerException is StoreException));
        Assert.Equal(45L, (await Store.ListAsync(new(1, 1), default)).Total);
    }

    private string Plan(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.Command($"EXPLAIN QUERY PLAN {sql}");
        using var row = command.ExecuteReader();
        var plan = new List<string>();
        while (row.Read())
            plan.Add(row.GetString(3));
        return string.Join('\n', plan);
    }
}
