using System.Net;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>A server process that is killed now and then, and started again, with its own way to the database.</summary>
internal sealed class ChaosServer(ServerProgram program, string folder, PostgresCluster cluster, string database,
    IReadOnlyList<(string Name, string Value)> settings) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private ServerProcess? _process;

    public NetworkRelay Relay { get; } = new(cluster.Port);

    /// <summary>Where it listens, or listened last.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 1);

    public bool IsRunning => _process is not null;

    /// <summary>How often it could not be started, mostly because the database was away.</summary>
    public int FailedStarts { get; private set; }

    /// <summary>
    /// Starts it. Where it ends at once, as without its database, it is started again, as whatever keeps servers running does.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var connection = $"Host=127.0.0.1;Port={Relay.Port};Username=postgres;Database={database}";
        while (true)
        {
            try
            {
                var process = await ServerProcess.StartAsync(program, folder, [.. settings, ("OLLAMA_PROXY_STORE", "postgres"),
                    ("OLLAMA_PROXY_POSTGRES", connection)], cancellationToken);
                (_process, EndPoint) = (process, process.EndPoint);
                return;
            }
            catch (BenchmarkException)
            {
                FailedStarts++;
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        if (Interlocked.Exchange(ref _process, null) is { } process)
            await process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await Relay.DisposeAsync();
    }
}
