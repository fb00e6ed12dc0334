using OllamaProxy.Worker;

namespace OllamaProxy.Server;

/// <summary>What the timer trigger is in Azure Functions: purges every minute.</summary>
internal sealed class PurgeTimer(RetentionJob retention, TimeProvider time, ILogger<PurgeTimer> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Ticker.RunAsync(retention.PurgeAsync, TimeSpan.FromMinutes(1), time, logger, stoppingToken);
}
