using OllamaProxy.Worker;

namespace OllamaProxy.Server;

/// <summary>Timer that removes old prompts every minute. In Azure Functions a timer trigger does this.</summary>
internal sealed class PurgeTimer(RetentionJob retention, TimeProvider time, ILogger<PurgeTimer> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Ticker.RunAsync(retention.PurgeAsync, TimeSpan.FromMinutes(1), time, logger, stoppingToken);
}
