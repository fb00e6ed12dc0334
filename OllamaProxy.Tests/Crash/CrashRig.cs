using OllamaProxy.Simulator;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Crash;

/// <summary>The real program, killed and started again on one database, with a Simulator that outlives it.</summary>
internal sealed class CrashRig : IAsyncDisposable
{
    private readonly List<HttpClient> _clients = [];
    private ServerProcess? _server;
    private volatile TaskCompletionSource<HttpClient> _listening = NotListening();

    private readonly (string, string)[] _store;

    private CrashRig(OllamaSimulator ollama, StoreHome home, (string, string)[] store) => (Ollama, Home, _store) = (ollama, home, store);

    public OllamaSimulator Ollama { get; }

    public StoreHome Home { get; }

    public static async Task<CrashRig> StartAsync()
    {
        var home = StoreHome.Chosen();
        return new(await OllamaSimulator.StartAsync(new() { TokensPerSecond = 400 }), home, await home.SettingsAsync());
    }

    /// <summary>A client for the program that runs, or for the next one.</summary>
    public Task<HttpClient> ClientAsync() => _listening.Task;

    /// <summary>Starts the program, without waiting until it listens.</summary>
    public void Launch(params (string, string)[] settings) => _server = LaunchAnother(settings);

    /// <summary>Starts the program beside the other one, on the same store; it is the caller's.</summary>
    public ServerProcess LaunchAnother(params (string, string)[] settings) => new(
        Home.Folder,
        "--urls http://127.0.0.1:0",
        [.. _store,
        ("OLLAMA_URL", Ollama.BaseAddress.ToString()),
        ("OLLAMA_PROXY_LEASE_SECONDS", "0.5"),
        ("OLLAMA_CONCURRENCY", "4"),
        ("OLLAMA_MAX_ATTEMPTS", "1000"),
        ("OLLAMA_RETRY_BASE_SECONDS", "0.05"),
        ("OLLAMA_POLL_INTERVAL", "0.05"),
        ("OLLAMA_IDLE_TIMEOUT", "6"),
        ("OLLAMA_PROXY_QUIET", "1"), .. settings]);

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

    public async ValueTask DisposeAsync()
    {
        _server?.Dispose();
        _clients.ForEach(client => client.Dispose());
        await Ollama.DisposeAsync();
        await Home.DisposeAsync();
    }

    private static TaskCompletionSource<HttpClient> NotListening() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
