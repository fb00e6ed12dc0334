namespace OllamaProxy.Server;

/// <summary>Runs an action repeatedly, as a timer trigger does: one run at a time, and on after a failure.</summary>
internal static class Ticker
{
    public static async Task RunAsync(
        Func<CancellationToken, Task> tick, TimeSpan interval, TimeProvider time, ILogger logger, CancellationToken stoppingToken)
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
