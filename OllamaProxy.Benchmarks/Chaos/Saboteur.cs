using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>Kills servers, cuts and stalls their ways to the database, and restarts the database, at random.</summary>
internal sealed class Saboteur(IReadOnlyList<ChaosServer> servers, PostgresCluster cluster, ChaosLedger ledger, Random random)
{
    private readonly List<Task> _restarts = [];

    /// <summary>Goes on until <paramref name="last"/> fires, and returns when all servers and the database run again.</summary>
    public async Task RunAsync(CancellationToken last, CancellationToken stop)
    {
        while (!last.IsCancellationRequested)
        {
            await Task.Delay(random.Next(200, 2500), stop);
            await DisturbAsync(stop);
        }
        await Task.WhenAll(_restarts);
    }

    private async Task DisturbAsync(CancellationToken stop)
    {
        var server = servers[random.Next(servers.Count)];
        switch (random.Next(12))
        {
            case < 4:
                await KillAsync(server, stop);
                break;
            case < 7:
                server.Relay.Cut();
                ledger.Count("connections cut: of one server");
                break;
            case 7:
                foreach (var each in servers)
                    each.Relay.Cut();
                ledger.Count("connections cut: of all servers");
                break;
            case < 10:
                server.Relay.StallFor(TimeSpan.FromSeconds(1 + (random.NextDouble() * 9)));
                ledger.Count("connections stalled");
                break;
            case 10:
                await RestartDatabaseAsync("immediate");
                break;
            default:
                await RestartDatabaseAsync("fast");
                break;
        }
    }

    private async Task KillAsync(ChaosServer server, CancellationToken stop)
    {
        if (!server.IsRunning)
            return;
        await server.KillAsync();
        ledger.Count("servers killed");
        var pause = TimeSpan.FromSeconds(random.NextDouble() * 3);
        _restarts.Add(Task.Run(async () =>
        {
            await Task.Delay(pause, stop);
            await server.StartAsync(stop);
        }, stop));
    }

    private async Task RestartDatabaseAsync(string mode)
    {
        await cluster.StopServerAsync(mode);
        await cluster.StartServerAsync();
        ledger.Count($"database restarted: {mode}");
    }
}
