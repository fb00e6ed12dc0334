using Microsoft.Extensions.Hosting;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>While anybody watches a prompt, has the store look for what other processes wrote: of that nobody else tells.</summary>
public sealed class StorePoller(IPromptReader store, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                if (!store.Notifier.IsEmpty)
                    store.CatchUpSoon();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }
}
