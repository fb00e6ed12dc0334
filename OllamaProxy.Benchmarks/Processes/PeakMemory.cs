using System.Diagnostics;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>Watches how much memory of a process is resident, until it is disposed of.</summary>
internal sealed class PeakMemory : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private const double Megabyte = 1024 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly Process _process;
    private readonly Task _watching;

    public PeakMemory(Process process)
    {
        _process = process;
        _watching = WatchAsync();
    }

    /// <summary>The most that was seen, in megabytes of 1024 x 1024 bytes.</summary>
    public double Megabytes { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                _process.Refresh();
                Megabytes = Math.Max(Megabytes, _process.WorkingSet64 / Megabyte);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }
}
