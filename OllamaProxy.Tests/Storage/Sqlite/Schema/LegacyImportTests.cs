using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Schema;

/// <summary>A database of the original Python program, at our first start.</summary>
public sealed class LegacyImportTests : IDisposable
{
    private const string Completed = "6d1c2b0a-8f0e-4a66-9d55-0f3b8a1f0001";
    private const string Processing = "6d1c2b0a-8f0e-4a66-9d55-0f3b8a1f0002";
    private const string Queued = "6d1c2b0a-8f0e-4a66-9d55-0f3b8a1f0003";

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

    public LegacyImportTests()
    {
        using var original = Connect();
        original.Execute(
            $"""
            CREATE TABLE prompts (
                id TEXT PRIMARY KEY, prompt TEXT NOT NULL, status TEXT NOT NULL, result TEXT, created_at TEXT NOT NULL,
                updated_at TEXT NOT NULL);
            CREATE INDEX idx_prompts_status_created ON prompts (status, created_at);
            INSERT INTO prompts VALUES
                ('{Queued}', 'And of Peru?', 'queued', NULL, '2026-02-21T12:02:00.000001+00:00', '2026-02-21T12:02:00.000001+00:00'),
                ('{Processing}', 'Of Spain?', 'processing', NULL, '2026-02-21T12:01:00+00:00', '2026-02-21T12:01:05+00:00'),
                ('{Completed}', 'The capital of France?', 'completed', 'Paris', '2026-02-21T12:00:00+00:00',
                    '2026-02-21T12:01:30+00:00');
            """);
    }

    private string File => _folder.File("queue.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Completed_results_stay_readable()
    {
        await using var store = Open();

        var prompt = await store.FindAsync(Guid.Parse(Completed), default);
        DateTimeOffset At(int minute, int second) => new(2026, 2, 21, 12, minute, second, TimeSpan.Zero);
        Assert.Equal(
            (PromptStatus.Completed, At(0, 0), At(1, 30), null),
            (prompt!.Status, prompt.CreatedAt, prompt.UpdatedAt, prompt.Model));
        Assert.Equal("Paris", (await store.WholeResultAsync(prompt.Id))!.Text);
    }

    [Fact]
    public async Task Queued_and_processing_prompts_are_run_in_their_order_with_the_model_of_the_settings()
    {
        await using var store = Open();
        var terms = new ClaimTerms(10, TimeSpan.FromMinutes(1), 5, "here");

        var first = await store.ClaimAsync(terms, default);
        var second = await store.ClaimAsync(terms, default);

        Assert.Equal((Guid.Parse(Processing), "Of Spain?", "mistral"), (first!.Id, first.Text, first.Model));
        Assert.Equal((Guid.Parse(Queued), "And of Peru?", "mistral"), (second!.Id, second.Text, second.Model));
        Assert.Null(await store.ClaimAsync(terms, default));
    }

    [Fact]
    public async Task The_list_is_in_order_of_arrival()
    {
        await using var store = Open();

        var page = await store.ListAsync(new(1, 10), default);
        Assert.Equal([Queued, Processing, Completed], page.Prompts.Select(prompt => prompt.Prompt.Id.ToString()));
    }

    [Fact]
    public async Task The_file_is_vacuumed_once_into_incremental_mode()
    {
        await using var store = Open();

        using var connection = Connect();
        Assert.Equal(2, connection.Number("PRAGMA auto_vacuum"));
        Assert.Equal(0, connection.Number("PRAGMA freelist_count"));
        Assert.Equal(SqliteSchema.Version, connection.Number("PRAGMA user_version"));
        Assert.Equal(0, connection.Number(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('original_prompts', 'idx_prompts_status_created')"));
    }

    [Fact]
    public async Task A_vacuum_that_was_cut_short_is_made_up_for()
    {
        await Open().DisposeAsync();
        using (var connection = Connect())
            connection.Execute("PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = DELETE; VACUUM");

        await using var store = Open();

        using var after = Connect();
        Assert.Equal(2, after.Number("PRAGMA auto_vacuum"));
        Assert.Equal(3, (await store.ListAsync(new(1, 1), default)).Total);
    }

    [Fact]
    public async Task Odd_rows_are_taken_over_too()
    {
        using (var connection = Connect())
            connection.Execute(
                "INSERT INTO prompts VALUES ('not a uuid', 'odd', 'error', 'Error: boom', 'yesterday', '2026-02-20 10:00:00')");

        await using var store = Open();

        var odd = Assert.Single((await store.ListAsync(new(1, 10) { Status = PromptStatus.Failed }, default)).Prompts).Prompt;
        Assert.Equal((_time.GetUtcNow(), new DateTimeOffset(2026, 2, 20, 10, 0, 0, TimeSpan.Zero)), (odd.CreatedAt, odd.UpdatedAt));
        Assert.Contains("'error'", odd.Error, StringComparison.Ordinal);
        Assert.Equal("Error: boom", (await store.WholeResultAsync(odd.Id))!.Text);
    }

    private SqlitePromptStore Open() => SqlitePromptStore.Open(File, "mistral", _time);

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }
}
