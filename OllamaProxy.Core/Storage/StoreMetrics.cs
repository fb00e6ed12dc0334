using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OllamaProxy.Storage;

/// <summary>
/// What the writers of the stores do, as metrics. A store is opened without a container, so they belong to the process. Safe for many
/// threads.
/// </summary>
internal static class StoreMetrics
{
    private const string System = "db.system.name";

    private static readonly Meter Meter = new("OllamaProxy");

    private static readonly Histogram<long> Writes = Meter.CreateHistogram<long>(
        "ollama_proxy.store.transaction.writes", "{write}", "Writes that shared a transaction.",
        advice: new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "ollama_proxy.store.transaction.duration", "s", "Time that a transaction took, its commit to the disk included.",
        advice: new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] });

    /// <summary>A transaction has ended.</summary>
    /// <param name="system">The database, by its name in OpenTelemetry's conventions.</param>
    /// <param name="writes">How many writes it had.</param>
    /// <param name="began">When it began, as a timestamp of <see cref="Stopwatch"/>.</param>
    /// <param name="isCommitted">Whether all of them were committed.</param>
    public static void OnTransaction(string system, int writes, long began, bool isCommitted)
    {
        if (!Duration.Enabled)
            return;
        var tags = new TagList { { System, system } };
        Writes.Record(writes, tags);
        if (!isCommitted)
            tags.Add("error.type", "rolled_back");
        Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, tags);
    }
}
