namespace OllamaProxy.Prompts;

/// <summary>How fast the queue drains, as the worker of this process has measured it lately.</summary>
public sealed class DrainRate
{
    /// <summary>The weight of the newest run: the last ten or so make up most of the mean.</summary>
    private const double Weight = 0.2;

    private readonly Lock _lock = new();
    private TimeSpan? _meanRun;

    /// <summary>Takes note of how long a prompt ran that has ended.</summary>
    public void Record(TimeSpan run)
    {
        lock (_lock)
            _meanRun = _meanRun is { } mean ? (mean * (1 - Weight)) + (run * Weight) : run;
    }

    /// <summary>How long until the prompt at this position has ended; null while nothing was measured.</summary>
    public TimeSpan? Eta(long position, int concurrency)
    {
        lock (_lock)
            return _meanRun * Math.Ceiling((double)position / concurrency);
    }

    /// <summary>How long until the next prompt leaves the queue; null while nothing was measured.</summary>
    public TimeSpan? UntilNext(int concurrency)
    {
        lock (_lock)
            return _meanRun / concurrency;
    }
}
