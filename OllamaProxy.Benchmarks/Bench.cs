using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks;

/// <summary>What the measurements share: how much to measure, which server, and a folder on the local disk that goes with this.</summary>
internal sealed class Bench(CommandLine line) : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(line.OutFolder, $"run-{Environment.ProcessId}"));
    private SeededFile? _growing;
    private PostgresCluster? _postgres;
    private int _folders;

    public Effort Effort => line.Effort;

    public bool Smoke => line.Smoke;

    /// <summary>The server to measure.</summary>
    public ServerProgram Server { get; } = line.Server is { } path ? new(path) : ServerProgram.Built;

    /// <summary>The file that the curve is measured with as it grows.</summary>
    public SeededFile Growing => _growing ??= new(Path.Combine(NewFolder(), "queue.db"));

    /// <summary>The same file, with a million finished prompts and a hundred thousand that are queued.</summary>
    public async Task<SeededFile> MillionAsync()
    {
        await Growing.GrowAsync(Effort.FinishedPrompts, Effort.QueuedPrompts);
        return Growing;
    }

    /// <summary>A PostgreSQL server of the benchmark's own, with its settings as they come.</summary>
    /// <exception cref="SkippedException">There is no PostgreSQL on this machine.</exception>
    public async Task<PostgresCluster> PostgresAsync() => PostgresCluster.MissingReason is { } reason
        ? throw new SkippedException(reason) : _postgres ??= await PostgresCluster.StartAsync("-c shared_buffers=128MB");

    /// <summary>A folder for one measurement.</summary>
    public string NewFolder() => _folder.CreateSubdirectory($"{++_folders}").FullName;

    /// <summary>Starts a server that only serves, on a file.</summary>
    public Task<ServerProcess> ServeAsync(string database, CancellationToken cancellationToken) =>
        StartAsync(Server, database, [("OLLAMA_PROXY_WORKER", "false")], cancellationToken);

    /// <summary>Starts a server that only serves, on a store that was filled.</summary>
    public Task<ServerProcess> ServeAsync(ISeededStore store, CancellationToken cancellationToken) =>
        ServerProcess.StartAsync(Server, NewFolder(), [.. Common, .. store.Settings, ("OLLAMA_PROXY_WORKER", "false")], cancellationToken);

    /// <summary>Starts a server that runs prompts, on a file.</summary>
    public static Task<ServerProcess> WorkAsync(ServerProgram program, string database, OllamaSimulator ollama, int concurrency,
        CancellationToken cancellationToken) =>
        WorkAsync(program, database, ollama.BaseAddress.ToString(), concurrency, cancellationToken);

    /// <inheritdoc cref="WorkAsync(ServerProgram, string, OllamaSimulator, int, CancellationToken)"/>
    public static Task<ServerProcess> WorkAsync(ServerProgram program, string database, string ollama, int concurrency,
        CancellationToken cancellationToken) =>
        StartAsync(program, database, [("OLLAMA_URL", ollama), ("OLLAMA_CONCURRENCY", $"{concurrency}")], cancellationToken);

    /// <summary>Starts a server that runs prompts one after the other, and keeps those that no backend has the model of.</summary>
    public static Task<ServerProcess> AbusedAsync(ServerProgram program, string database, string ollama,
        CancellationToken cancellationToken) =>
        StartAsync(program, database, [("OLLAMA_URL", ollama), ("OLLAMA_PROXY_WAIT_FOR_MODEL", "true")], cancellationToken);

    /// <summary>What every server is started with: among others, no line in the log for each request and each prompt.</summary>
    public static IReadOnlyList<(string Name, string Value)> Common { get; } =
        [("OLLAMA_PROXY_MAX_QUEUED", "0"), ("OLLAMA_PROXY_QUIET", "1"), ("Logging__LogLevel__Default", "Warning")];

    /// <summary>The same for a server on a file.</summary>
    public static IEnumerable<(string Name, string Value)> Settings(string database) => [("OLLAMA_PROXY_DB", database), .. Common];

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static Task<ServerProcess> StartAsync(
        ServerProgram program, string database, IEnumerable<(string Name, string Value)> settings, CancellationToken cancellationToken) =>
        ServerProcess.StartAsync(program, Path.GetDirectoryName(database)!, [.. Settings(database), .. settings], cancellationToken);
}
