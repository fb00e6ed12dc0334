using OllamaProxy.Batching;

namespace OllamaProxy.Server;

/// <summary>
/// Timer that starts a drain of the queue every second, unless one is running. In Azure Functions a timer trigger does this.
/// </summary>
internal sealed class DrainTimer(WorkCycle cycle, TimeProvider time, ILogger<DrainTimer> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Ticker.RunAsync(cycle.RunAsync, TimeSpan.FromSeconds(1), time, logger, stoppingToken);
}
