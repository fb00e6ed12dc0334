using Microsoft.Data.Sqlite;
using OllamaProxy.Simulator;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Crash;

/// <summary>The real program, killed and started again on one database, with a Simulator that outlives it.</summary>
internal sealed class CrashRig : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<HttpClient> _clients = [];
    private ServerProcess? _server;
    private volatile TaskCompletionSource<HttpClient> _listening = NotListening();

    private CrashRig(OllamaSimulator ollama) => Ollama = ollama;

    public OllamaSimulator Ollama { get; }

    public static async Task<CrashRig> StartAsync() => new(await OllamaSimulator.StartAsync(new() { TokensPerSecond = 400 }));

    /// <summary>A client for the program that runs, or for the next one.</summary>
    public Task<HttpClient> ClientAsync() => _listening.Task;

    /// <summary>Starts the program, without waiting until it listens.</summary>
    public void Launch() => _server = new(
        _folder,
        "--urls http://127.0.0.1:0",
        ("OLLAMA_URL", Ollama.BaseAddress.ToString()),
        ("OLLAMA_PROXY_LEASE_SECONDS", "0.5"),
        ("OLLAMA_CONCURRENCY", "4"),
        ("OLLAMA_MAX_ATTEMPTS", "1000"),
        ("OLLAMA_RETRY_BASE_SECONDS", "0.05"),
        ("OLLAMA_POLL_INTERVAL", "0.05"),
        ("OLLAMA_IDLE_TIMEOUT", "2"),
        ("OLLAMA_PROXY_QUIET", "1"));

    /// <summary>Waits until the program listens, and lets the clients at it.</summary>
    public async Task OpenAsync()
    {
        _clients.Add(await _server!.ClientAsync());
        _listening.SetResult(_clients[^1]);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (_listening.Task.IsCompleted)
            _listening = NotListening();
        _server!.Kill();
        _server.Dispose();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _server!.TerminateAsync();
        return await _server.ExitCodeAsync();
    }

    /// <summary>Asks the database, as another process would. NULL is null.</summary>
    public List<object?[]> Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("queue.db")};Pooling=False");
        connection.Open();
        using var command = connection.Command(sql);
        using var row = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (row.Read())
            rows.Add([.. Enumerable.Range(0, row.FieldCount).Select(column => row.IsDBNull(column) ? null : row.GetValue(column))]);
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        _server?.Dispose();
        _clients.ForEach(client => client.Dispose());
        await Ollama.DisposeAsync();
        _folder.Dispose();
    }

    private static TaskCompletionSource<HttpClient> NotListening() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
