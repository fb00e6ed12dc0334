using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Hosting;

/// <summary>
/// Gives memory back to the system after a rush. The garbage collector comes when memory is asked for: when the rush is over nobody asks,
/// and
/// what it took would stay. This runs beside a language model, which has a better use for it.
/// </summary>
public sealed class MemoryReturn(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Less than this is not worth a collection, in bytes.</summary>
    private const long LeastGain = 48 * 1024 * 1024;

    /// <summary>Up to so many bytes asked for within the interval, it is quiet.</summary>
    private const long Quiet = 8 * 1024 * 1024;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var (asked, kept) = (GC.GetTotalAllocatedBytes(), Committed);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var askedBefore = asked;
                asked = GC.GetTotalAllocatedBytes();
                if (asked - askedBefore > Quiet || Committed - kept < LeastGain)
                    continue;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                kept = Committed;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>What the heap has of the system, as of the last collection.</summary>
    private static long Committed => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
}
