using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>A store on a file of its own, on a clock that the test moves.</summary>
public abstract class SqliteStoreTest : IAsyncLifetime
{
    protected SqliteStoreTest() => Store = Open();

    protected TempFolder Folder { get; } = new();

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));

    protected SqlitePromptStore Store { get; }

    protected string File => Folder.File("queue.db");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        Folder.Dispose();
    }

    protected SqlitePromptStore Open() => SqlitePromptStore.Open(File, "llama3.2", Time);

    protected static NewPrompt New(string text) => new(text, "llama3.2", "{}"u8.ToArray());

    protected async Task<Prompt> AddAsync(string text) => (await Store.AddAsync(New(text), 0, default)).Prompt;

    protected Task<ClaimedPrompt?> ClaimAsync(ClaimTerms? terms = null) =>
        Store.ClaimAsync(terms ?? new(1, TimeSpan.FromMinutes(1), 3, "http://ollama/"), default);

    /// <summary>Runs SQL as another process would, and returns the last column of the first row.</summary>
    protected object? Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.Command(sql);
        using var row = command.ExecuteReader();
        return row.Read() ? row.GetValue(row.FieldCount - 1) : null;
    }
}
