using OllamaProxy.Worker;

namespace OllamaProxy.Server;

/// <summary>What the timer trigger is in Azure Functions: starts a drain every second, unless one is running.</summary>
internal sealed class DrainTimer(QueueWorker worker, TimeProvider time, ILogger<DrainTimer> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await worker.DrainAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.DrainFailed(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
