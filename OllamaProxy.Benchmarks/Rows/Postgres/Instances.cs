using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Seeding;

namespace OllamaProxy.Benchmarks.Rows.Postgres;

/// <summary>Several server processes on one database.</summary>
internal sealed class Instances : IAsyncDisposable
{
    private readonly IReadOnlyList<ServerProcess> _servers;

    private Instances(IReadOnlyList<ServerProcess> servers) => _servers = servers;

    /// <summary>Starts them, all at once, with these settings beside those of the database.</summary>
    public static async Task<Instances> StartAsync(Bench bench, SeededDatabase database, int count,
        IReadOnlyList<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        var starting = Enumerable.Range(0, count).Select(_ => ServerProcess.StartAsync(
            bench.Server, bench.NewFolder(), [.. Bench.Common, .. database.Settings, .. settings], cancellationToken)).ToList();
        try
        {
            return new(await Task.WhenAll(starting));
        }
        catch
        {
            foreach (var started in starting.Where(start => start.IsCompletedSuccessfully))
                await started.Result.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connections to all of them alike.</summary>
    public Task<LoadGenerator> ConnectAsync(int connections, CancellationToken cancellationToken) =>
        LoadGenerator.ConnectToAllAsync([.. _servers.Select(server => server.EndPoint)], connections, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }
}
