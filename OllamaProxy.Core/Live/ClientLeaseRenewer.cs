using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Storage;

namespace OllamaProxy.Live;

/// <summary>Renews the leases of the connections on which clients wait for prompts in this process, for as long as they are open.</summary>
public sealed class ClientLeaseRenewer(
    IPromptCommands store, ResponseRegistry responses, OllamaProxyOptions options, TimeProvider time, ILogger<ClientLeaseRenewer> logger)
        : BackgroundService
{
    private static readonly TimeSpan ClockLook = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var renewAfter = options.LeaseLength / 3;
        // Often, to see soon that the wall clock was set: processes that start now go by that.
        using var timer = new PeriodicTimer(renewAfter < ClockLook ? renewAfter : ClockLook, time);
        var renewed = ClockReading.Of(time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var isDue = renewAfter <= ClockLook || time.GetElapsedTime(renewed.Timestamp) >= renewAfter;
                if (!isDue && renewed.SetSince(time) == TimeSpan.Zero)
                    continue;
                renewed = ClockReading.Of(time);
                if (responses.Awaited is { Count: > 0 } ids)
                    await RenewAsync(ids, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task RenewAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        try
        {
            await store.RenewClientLeasesAsync(ids, options.LeaseLength, cancellationToken);
        }
        catch (StoreException exception)
        {
            logger.ConnectionsNotRenewed(exception.Message);
        }
    }
}
