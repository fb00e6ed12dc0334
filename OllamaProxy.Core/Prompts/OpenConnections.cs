using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Prompts;

/// <summary>The connections of this process on which clients wait for prompts: renews their leases for as long as they are open.</summary>
public sealed class OpenConnections(IPromptStore store, OllamaProxyOptions options, TimeProvider time, ILogger<OpenConnections> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<long, byte> _seqs = new();

    /// <summary>The numbers of the prompts for which clients wait here.</summary>
    public IReadOnlyCollection<long> Seqs => [.. _seqs.Keys];

    /// <summary>Keeps the lease of a connection until this is disposed.</summary>
    /// <param name="seq">The number of the prompt.</param>
    public IDisposable Keep(long seq)
    {
        _seqs[seq] = 0;
        return new Kept(this, seq);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LeaseLength / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                if (!_seqs.IsEmpty)
                    await RenewAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.RenewConnectionsAsync(Seqs, options.LeaseLength, cancellationToken);
        }
        catch (StoreException exception)
        {
            logger.ConnectionsNotRenewed(exception.Message);
        }
    }

    private sealed class Kept(OpenConnections connections, long seq) : IDisposable
    {
        public void Dispose() => connections._seqs.TryRemove(seq, out _);
    }
}
