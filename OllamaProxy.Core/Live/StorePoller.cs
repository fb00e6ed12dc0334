using Microsoft.Extensions.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>
/// While anybody watches a prompt, has the store look for what other processes wrote, since nothing else is sure to notify of that.
/// </summary>
public sealed class StorePoller(IPromptReader store, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Jitter.Shorten(LongestInterval), time, stoppingToken);
                if (!store.Notifier.IsEmpty)
                    store.CatchUpSoon();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }
}
