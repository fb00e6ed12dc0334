namespace OllamaProxy.Server;

/// <summary>Does something again and again, as a timer trigger does: never twice at once, and again after an error.</summary>
internal static class Ticker
{
    public static async Task RunAsync(Func<CancellationToken, Task> tick, TimeSpan interval, TimeProvider time, ILogger logger, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            try
            {
                await tick(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.TickFailed(logger, new(exception));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
