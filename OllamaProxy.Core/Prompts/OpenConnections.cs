using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Prompts;

/// <summary>Renews the leases of the connections on which clients wait for prompts in this process, for as long as they are open.</summary>
public sealed class OpenConnections(
    IPromptStore store, LiveResponses liveResponses, OllamaProxyOptions options, TimeProvider time, ILogger<OpenConnections> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LeaseLength / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                if (liveResponses.Awaited is { Count: > 0 } ids)
                    await RenewAsync(ids, stoppingToken);
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
            await store.RenewConnectionsAsync(ids, options.LeaseLength, cancellationToken);
        }
        catch (StoreException exception)
        {
            logger.ConnectionsNotRenewed(exception.Message);
        }
    }
}
