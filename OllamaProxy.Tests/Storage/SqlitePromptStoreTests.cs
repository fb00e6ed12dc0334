using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Caching;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

public sealed class SqlitePromptStoreTests : PromptStoreTests, IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqlitePromptStore _store;

    public SqlitePromptStoreTests() => _store = Open();

    private string File => _folder.File("queue.db");

    protected override IPromptStore Store => _store;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_was_closed_is_whole_without_a_log_beside_it()
    {
        await AddAsync("hello");
        await _store.ListAsync(new(1, 5), default);

        await _store.DisposeAsync();

        Assert.Equal([File], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_file_that_is_opened_again_has_everything()
    {
        var added = await AddAsync("hello");
        await _store.DisposeAsync();

        await using var again = Open();
        Assert.Equal(added, await again.FindAsync(added.Id, default));
    }

    [Fact]
    public async Task Two_processes_on_one_file_share_the_queue_and_its_leases()
    {
        await using var other = Open();
        var added = await AddAsync("hello");
        await AddAsync("world");

        Assert.Equal(added, await other.FindAsync(added.Id, default));
        var terms = new ClaimTerms(1, TimeSpan.FromMinutes(1), 3, "here");
        var claimed = await other.ClaimAsync(terms, default);
        Assert.Null(await ClaimAsync(terms));
        await other.CompleteAsync(claimed!.Lease, new("Paris", null, GenerationStatistics.None), default);
        Assert.NotNull(await ClaimAsync(terms));
    }

    [Fact]
    public async Task A_position_counts_what_another_process_queued_and_claimed_within_a_second()
    {
        await using var other = Open();
        await other.AddAsync(New("ahead"), 0, default);
        await other.AddAsync(New("ahead too"), 0, default);
        var mine = await AddAsync("mine");
        Assert.Equal(2, await Store.CountAheadAsync(mine, default));

        await other.ClaimAsync(new ClaimTerms(10, TimeSpan.FromHours(1), 3, "there"), default);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, await Store.CountAheadAsync(mine, default));
        Assert.Equal(1, await Store.CountAheadAsync(mine, default));
    }

    [Fact]
    public async Task A_position_is_right_at_once_after_every_change_of_this_process()
    {
        var first = await AddAsync("first");
        var second = await AddAsync("second");
        var third = await AddAsync("third");
        var claimed = await ClaimAsync();
        Assert.Equal(1, await Store.CountAheadAsync(third, default));
        await Store.ReleaseAsync(claimed!.Lease, null, default);
        Assert.Equal(2, await Store.CountAheadAsync(third, default));
        await Store.CancelAsync(first.Id, default);
        Assert.Equal(1, await Store.CountAheadAsync(third, default));
        var moved = (await Store.ChangePriorityAsync(third.Id, 1, default)).Prompt!;
        Assert.Equal((0, 1), (await Store.CountAheadAsync(moved, default), await Store.CountAheadAsync(second, default)));
        await Store.DeleteAsync(third.Id, default);
        await Store.RetryAsync(first.Id, default);
        Assert.Equal(1, await Store.CountAheadAsync(second, default));
    }

    [Fact]
    public async Task A_row_that_a_script_wrote_with_the_columns_of_the_original_is_run()
    {
        Sql("INSERT INTO prompts (id, prompt, status, created_at, updated_at) VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'from a script', 'queued', '2026-02-21 12:00:00', '2026-02-21T12:00:00Z')");

        var claimed = await ClaimAsync();

        Assert.Equal(("from a script", null, "{}"), (claimed!.Text, claimed.Model, System.Text.Encoding.UTF8.GetString(claimed.Request.Span)));
        var found = await _store.FindAsync(claimed.Id, default);
        Assert.Equal(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero), found!.CreatedAt);
    }

    [Theory]
    [InlineData("'nope', 'text', 'queued', '2026-02-21T12:00:00Z', '2026-02-21T12:00:00Z'")]
    [InlineData("'0D9AF21D-6D7F-4D64-8B34-8B0C7E1D2F3A', 'text', 'queued', '2026-02-21T12:00:00Z', '2026-02-21T12:00:00Z'")]
    [InlineData("'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', 'waiting', '2026-02-21T12:00:00Z', '2026-02-21T12:00:00Z'")]
    [InlineData("'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', 'queued', 'yesterday', '2026-02-21T12:00:00Z'")]
    [InlineData("'0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', 'queued', '2460000.5', '2026-02-21T12:00:00Z'")]
    public void A_row_of_a_script_that_could_not_be_read_is_kept_out(string row) =>
        Assert.Throws<SqliteException>(() => Sql($"INSERT INTO prompts (id, prompt, status, created_at, updated_at) VALUES ({row})"));

    [Fact]
    public async Task A_date_of_a_script_that_no_calendar_has_stops_nothing()
    {
        Sql("INSERT INTO prompts (id, prompt, created_at) VALUES ('0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a', 'text', '2026-02-30 12:00:00')");
        await AddAsync("hello");
        var offer = await _store.ReadSnapshotAsync(new(10, Guid.NewGuid()), default);
        Assert.Equal(2, offer.Prompts.Count);
        Assert.Equal(2, (await _store.ListAsync(new(1, 10), default)).Prompts.Count);
    }

    [Theory]
    [InlineData("batch = 'nightly'")]
    [InlineData("expires_at = 9e18")]
    [InlineData("timeout = 1e300")]
    [InlineData("timeout = 0")]
    [InlineData("max_attempts = 0")]
    [InlineData("started_at = 'soon'")]
    public async Task A_change_of_a_script_that_could_not_be_read_is_kept_out(string assignment)
    {
        await AddAsync("hello");
        Assert.Throws<SqliteException>(() => Sql($"UPDATE prompts SET {assignment}"));
    }

    [Fact]
    public async Task A_prompt_that_another_process_changed_is_seen_within_a_second()
    {
        await using var other = Open();
        var added = await AddAsync("hello");
        Assert.Equal(added, await _store.FindAsync(added.Id, default));

        await other.CancelAsync(added.Id, default);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(PromptStatus.Cancelled, (await _store.FindAsync(added.Id, default))!.Status);
    }

    [Fact]
    public async Task A_change_is_seen_by_whoever_made_it_however_many_ask_meanwhile()
    {
        var added = await AddAsync("hello");
        using var stop = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await _store.FindAsync(added.Id, default);
                await Task.Yield(); // Else it would leave the writer no core.
            }
        })).ToList();

        for (var n = 0; n < 300; n++)
        {
            await _store.ChangePriorityAsync(added.Id, n % 100, default);
            Assert.Equal(n % 100, (await _store.FindAsync(added.Id, default))!.Priority);
        }
        await _store.DeleteAsync(added.Id, default);
        Assert.Null(await _store.FindAsync(added.Id, default));
        await stop.CancelAsync();
        await Task.WhenAll(asking);
    }

    [Fact]
    public async Task More_prompts_can_be_asked_for_than_are_kept()
    {
        var added = await _store.AddBatchAsync(Guid.NewGuid(), [.. Enumerable.Repeat(new NewPrompt("x", "m", "{}"u8.ToArray()), 5000)], 0, default);
        for (var round = 0; round < 2; round++)
            foreach (var prompt in added)
                Assert.Equal(prompt, await _store.FindAsync(prompt.Id, default));
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
        Assert.Equal(7L, Sql("SELECT count(*) FROM pragma_table_info('prompts') WHERE name IN ('seq', 'id', 'prompt', 'status', 'result', 'created_at', 'updated_at')"));

    [Fact]
    public void The_queue_is_read_from_the_index_of_queued_prompts_alone() =>
        Assert.Equal("SCAN prompts USING COVERING INDEX prompts_in_turn", Plan(QueueMirror.ReadAll).Trim());

    [Fact]
    public void A_sweep_scans_neither_the_queue_nor_what_has_ended()
    {
        var sql = SqliteLeases.SweepAll.Replace("$leases_by_ms", "1", StringComparison.Ordinal).Replace("$now_ms", "1",
            StringComparison.Ordinal).Replace("$now", "''", StringComparison.Ordinal)
            .Replace("$max_attempts", "1", StringComparison.Ordinal).Replace("$lease_ran_out", "''", StringComparison.Ordinal).Replace("$client_gone", "''", StringComparison.Ordinal);
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
        await using var store = SqlitePromptStore.Open(_folder.File("some/where/queue.db"), "m", Time);
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
        using (var connection = new SqliteConnection($"Data Source={_folder.File("other.db")};Pooling=False"))
        {
            connection.Open();
            connection.Execute("CREATE TABLE prompts (id INTEGER, text TEXT)");
        }
        var before = System.IO.File.ReadAllBytes(_folder.File("other.db"));

        var refused = Assert.Throws<StoreException>(() => SqlitePromptStore.Open(_folder.File("other.db"), "m", Time));

        Assert.Contains("another program", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, System.IO.File.ReadAllBytes(_folder.File("other.db")));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_alone()
    {
        System.IO.File.WriteAllText(_folder.File("notes.txt"), new string('x', 5000));

        var refused = Assert.Throws<StoreException>(() => SqlitePromptStore.Open(_folder.File("notes.txt"), "m", Time));

        Assert.Contains("no SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), System.IO.File.ReadAllText(_folder.File("notes.txt")));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_its_neighbours_alone()
    {
        Sql("CREATE TRIGGER refuse BEFORE INSERT ON prompts WHEN NEW.prompt = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END");

        var writes = Enumerable.Range(0, 50).Select(n => Task.Run(() => AddAsync(n % 10 == 0 ? "bad" : $"good {n}"))).ToList();
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default)));

        Assert.Equal(5, writes.Count(write => write.IsFaulted && write.Exception!.InnerException is StoreException));
        Assert.Equal(45L, (await _store.ListAsync(new(1, 1), default)).Total);
    }

    [Fact]
    public async Task What_another_process_writes_is_told_also_after_the_file_was_locked()
    {
        var prompt = await AddAsync("watched");
        using var subscription = _store.Notifier.Subscribe(prompt.Seq, text: false);
        await StorageRig.WriterOfAsync(_store);
        using (StorageRig.Lock(File))
        {
            var write = AddAsync("refused");
            _store.CatchUpSoon();
            await Assert.ThrowsAsync<StoreException>(() => write);
            _store.CatchUpSoon();
        }
        await subscription.WaitAsync(TimeSpan.Zero, TimeProvider.System, default);

        Sql("UPDATE prompts SET status = 'cancelled'");
        _store.CatchUpSoon();
        await subscription.WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, default).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private SqlitePromptStore Open() => SqlitePromptStore.Open(File, "llama3.2", Time);

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

    /// <summary>Runs SQL as another process would, and returns the last column of the first row.</summary>
    private object? Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.Command(sql);
        using var row = command.ExecuteReader();
        return row.Read() ? row.GetValue(row.FieldCount - 1) : null;
    }
}
