using System.Diagnostics;

namespace OllamaProxy.Benchmarks.Soak;

/// <summary>Looks at a process now and then: its memory, and its open files.</summary>
internal sealed class ProcessWatch(Process process)
{
    private const double Megabyte = 1024 * 1024;

    private readonly List<Sample> _samples = [];

    /// <summary>Looks at it until it is cancelled.</summary>
    public async Task WatchAsync(TimeSpan interval, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                _samples.Add(Look());
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }

    /// <summary>
    /// The medians of the second and of the last quarter of the time. In the first one the program compiles itself and fills its caches.
    /// </summary>
    /// <exception cref="BenchmarkException">There was no time to look.</exception>
    public (Sample Early, Sample Late) Quarters()
    {
        var quarter = _samples.Count / 4;
        if (quarter == 0)
            throw new BenchmarkException("The run was too short to look at the process four times.");
        return (MedianOf(_samples.GetRange(quarter, quarter)), MedianOf(_samples.GetRange(_samples.Count - quarter, quarter)));
    }

    private Sample Look()
    {
        process.Refresh();
        var folder = $"/proc/{process.Id}/fd";
        return new(process.WorkingSet64 / Megabyte, Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder).Length : 0);
    }

    private static Sample MedianOf(List<Sample> samples) => new(
        samples.Select(sample => sample.Megabytes).ToList().Median(), samples.Select(sample => sample.Files).ToList().Median());

    /// <summary>What was seen.</summary>
    /// <param name="Megabytes">Resident memory.</param>
    /// <param name="Files">Open file descriptors; 0 where the system does not tell.</param>
    internal readonly record struct Sample(double Megabytes, double Files);
}
