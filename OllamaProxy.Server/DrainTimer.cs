using OllamaProxy.Worker;

namespace OllamaProxy.Server;

/// <summary>What the timer trigger is in Azure Functions: starts a drain every second, unless one is running.</summary>
internal sealed class DrainTimer(QueueWorker worker, TimeProvider time, ILogger<DrainTimer> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Ticker.RunAsync(worker.DrainAsync, TimeSpan.FromSeconds(1), time, logger, stoppingToken);
}
