using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Tests.Storage.Sqlite.Schema;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Tables;

public sealed class PageStartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder.File("queue.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(999)]
    [InlineData(1000)]
    public async Task A_page_is_where_counting_puts_it_however_many_prompts_were_removed(int removed)
    {
        await using var store = Open();
        var seqs = await FillAsync(store);
        var random = new Random(removed);
        var ids = seqs.Keys.ToArray();
        random.Shuffle(ids);
        foreach (var id in ids.Take(removed))
            await store.DeleteAsync(id, default);
        await AssertPagesAsync(store, [.. seqs.Where(prompt => !ids.Take(removed).Contains(prompt.Key)).Select(prompt => prompt.Value)]);
    }

    [Theory]
    [InlineData("seq <= 600", "whole blocks at the old end")]
    [InlineData("seq > 400", "whole blocks at the new end")]
    [InlineData("seq BETWEEN 257 AND 512", "exactly a block")]
    [InlineData("seq % 256 IN (0, 1)", "both edges of every block")]
    public async Task A_page_is_where_counting_puts_it_wherever_the_gap_is(string where, string why)
    {
        await using var store = Open();
        await FillAsync(store);
        Sql($"DELETE FROM prompts WHERE {where}");
        var left = Column("SELECT seq FROM prompts");
        Assert.True(left.Count < 1000, why);
        await AssertPagesAsync(store, left);

        // New numbers go on behind the gap.
        await store.AddAsync(new("new", "m", "{}"u8.ToArray()), 0, default);
        await AssertPagesAsync(store, Column("SELECT seq FROM prompts"));
    }

    [Fact]
    public async Task A_file_of_version_1_is_searched_for_its_gaps()
    {
        OldFile.Make(File, version: 1, """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
            INSERT INTO prompts (id, prompt) SELECT printf('00000000-0000-0000-0000-%012x', n), n FROM numbers;
            DELETE FROM prompts WHERE seq % 3 = 0 OR seq > 900
            """);

        await using var migrated = Open();

        var gaps = Enumerable.Range(1, 1000).Where(seq => seq % 3 == 0 || seq > 900).GroupBy(seq => (seq - 1) / PageStart.Block)
            .Select(block => (long)((block.Key * 1000) + block.Count()));
        Assert.Equal(gaps, Column("SELECT block * 1000 + prompts FROM removals ORDER BY block"));
        await AssertPagesAsync(migrated, Column("SELECT seq FROM prompts"));
    }

    private SqlitePromptStore Open() => SqlitePromptStore.Open(File, "m", TimeProvider.System);

    private static async Task<Dictionary<Guid, long>> FillAsync(SqlitePromptStore store)
    {
        var prompts = Enumerable.Range(0, 1000).Select(n => new NewPrompt($"{n}", "m", "{}"u8.ToArray())).ToList();
        return (await store.AddBatchAsync(Guid.NewGuid(), prompts, 0, default)).ToDictionary(prompt => prompt.Id, prompt => prompt.Seq);
    }

    private static async Task AssertPagesAsync(SqlitePromptStore store, IReadOnlyCollection<long> left)
    {
        const int PageSize = 7;
        var expected = left.OrderDescending().ToList();
        for (var page = 1; page <= (expected.Count / PageSize) + 2; page++)
        {
            var listed = await store.ListAsync(new(page, PageSize), default);
            Assert.Equal(expected.Skip((page - 1) * PageSize).Take(PageSize), listed.Prompts.Select(prompt => prompt.Prompt.Seq));
            Assert.Equal(expected.Count, listed.Total);
        }
        Assert.Empty((await store.ListAsync(new(int.MaxValue, 100), default)).Prompts);
    }

    private void Sql(string sql)
    {
        using var connection = StorageRig.Open(File);
        connection.Execute(sql);
    }

    private List<long> Column(string sql)
    {
        using var connection = StorageRig.Open(File);
        using var command = connection.Command(sql);
        using var row = command.ExecuteReader();
        var values = new List<long>();
        while (row.Read())
            values.Add(row.GetInt64(0));
        return values;
    }
}
