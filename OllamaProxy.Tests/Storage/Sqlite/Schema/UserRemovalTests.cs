using System.Text;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Schema;

/// <summary>Files of the time when the name of a backend was its address with the user and the password.</summary>
public sealed class UserRemovalTests : IDisposable
{
    private const string Url = "http://user:s3cret@gpu:11434/";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string File => _folder.File("queue.db");

    [Theory]
    [InlineData(Url, "http://gpu:11434/")]
    [InlineData("https://user:s3%40cret@gpu/ollama/", "https://gpu/ollama/")]
    [InlineData("http://a user:a s3cret@gpu/", "http://gpu/")]
    [InlineData("http://user@gpu/", "http://gpu/")]
    [InlineData("http://gpu/@x/", "http://gpu/@x/")]
    [InlineData("http://gpu:11434/", "http://gpu:11434/")]
    public async Task A_backends_name_has_no_user_any_more(string old, string name)
    {
        var id = MakeOld(old, "x");
        await using var store = Open();
        Assert.Equal([name], (await store.ListAttemptsAsync(id, default)).Select(attempt => attempt.Backend));
        Assert.Equal(name, Text("SELECT backend FROM leases"));
    }

    [Theory]
    [InlineData($"Ollama at {Url} cannot be reached: Connection refused (gpu:11434)",
        "Ollama at http://gpu:11434/ cannot be reached: Connection refused (gpu:11434)")]
    [InlineData("Ollama at http://a user:a s3cret@gpu:11434/ did not answer within 5 seconds.",
        "Ollama at http://gpu:11434/ did not answer within 5 seconds.")]
    [InlineData($"404 Client Error: Not Found for url: {Url}api/generate",
        "404 Client Error: Not Found for url: http://gpu:11434/api/generate")]
    [InlineData($"{Url} and https://two:s3cret@other/", "http://gpu:11434/ and https://other/")]
    [InlineData("model 'x' not found, see https://ollama.com or write to me@example.com",
        "model 'x' not found, see https://ollama.com or write to me@example.com")]
    [InlineData("http://localhost:11434/ says: me@example.com", "http://localhost:11434/ says: me@example.com")]
    public async Task An_error_quotes_no_user_any_more(string old, string error)
    {
        var id = MakeOld("http://gpu:11434/", old);
        await using var store = Open();
        Assert.Equal(error, (await store.FindAsync(id, default))!.Error);
        Assert.Equal([error], (await store.ListAttemptsAsync(id, default)).Select(attempt => attempt.Error));
    }

    [Fact]
    public async Task Nothing_of_a_password_is_left_in_the_file()
    {
        MakeOld(Url, $"Ollama at {Url} cannot be reached.");
        Assert.Contains("s3cret", Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(File)), StringComparison.Ordinal);

        await Open().DisposeAsync();

        foreach (var file in Directory.GetFiles(_folder.Path))
            Assert.DoesNotContain("s3cret", Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(file)),
                StringComparison.Ordinal);
        Assert.Equal("ok", Text("PRAGMA integrity_check"));
    }

    /// <summary>A file as the version before this one left it, with a prompt that failed at a backend and one that runs there.</summary>
    private Guid MakeOld(string backend, string error)
    {
        var id = Guid.CreateVersion7();
        OldFile.Make(File, version: 5, $"INSERT INTO prompts (id, prompt) VALUES ('{id}', 'hello')");
        using var connection = Connect();
        connection.Execute("""
            UPDATE prompts SET status = 'failed', error = $error;
            INSERT INTO attempts (seq, number, backend, started_at, ended_at, error)
                SELECT seq, 1, $backend, created_at, created_at, $error FROM prompts;
            INSERT INTO leases (seq, token, expires_at, backend) VALUES (1000, 'x', 9999999999999, $backend);
            """, ("$backend", backend), ("$error", error));
        return id;
    }

    private SqlitePromptStore Open() => SqlitePromptStore.Open(File, "m", TimeProvider.System);

    private string Text(string sql)
    {
        using var connection = Connect();
        using var command = connection.Command(sql);
        return (string)command.ExecuteScalar()!;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }
}
