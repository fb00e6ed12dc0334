using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Hosting;

/// <summary>
/// Background service that returns memory to the operating system after a burst of requests. The garbage collector only runs when memory is
/// allocated, so after a burst the heap would keep its size. On the same machine a language model has a better use for that memory.
/// </summary>
public sealed class MemoryReturn(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The growth of the heap in bytes that is worth a collection.</summary>
    private const long LeastGain = 48 * 1024 * 1024;

    /// <summary>How many bytes may be allocated in an interval that counts as quiet.</summary>
    private const long Quiet = 8 * 1024 * 1024;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var (asked, kept, wasBusy) = (GC.GetTotalAllocatedBytes(), Committed, true);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var askedBefore = asked;
                asked = GC.GetTotalAllocatedBytes();
                var isBusy = asked - askedBefore > Quiet;
                if (wasBusy && !isBusy)
                    NativeHeap.Trim();
                wasBusy = isBusy;
                if (isBusy || Committed - kept < LeastGain)
                    continue;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                kept = Committed;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>The memory that the heap has from the system, as of the last collection.</summary>
    private static long Committed => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
}
