using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Seeding;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Rows.Postgres;

/// <summary>Groups of servers that run at the same time, to be compared in turn, each on a database of its own, with its load.</summary>
internal sealed class Groups : IAsyncDisposable
{
    private readonly List<OllamaSimulator> _ollamas = [];
    private readonly List<Instances> _instances = [];
    private readonly List<LoadGenerator> _loads = [];

    /// <summary>Starts a group, and connects to its servers.</summary>
    public async Task<LoadGenerator> StartAsync(Bench bench, SeededDatabase database, int count,
        IReadOnlyList<(string Name, string Value)> settings, int connections, CancellationToken cancellationToken)
    {
        var instances = await Instances.StartAsync(bench, database, count, settings, cancellationToken);
        _instances.Add(instances);
        _loads.Add(await instances.ConnectAsync(connections, cancellationToken));
        return _loads[^1];
    }

    /// <summary>Starts a backend for a group, which ends after it.</summary>
    public async Task<OllamaSimulator> StartOllamaAsync(CancellationToken cancellationToken)
    {
        _ollamas.Add(await OllamaSimulator.StartAsync(new() { KeepRequests = false }, ct: cancellationToken));
        return _ollamas[^1];
    }

    public async ValueTask DisposeAsync()
    {
        _loads.ForEach(load => load.Dispose());
        foreach (var instances in _instances)
            await instances.DisposeAsync();
        foreach (var ollama in _ollamas)
            await ollama.DisposeAsync();
    }
}
