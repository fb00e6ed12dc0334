namespace OllamaProxy.Statistics;

/// <summary>The distribution of some durations.</summary>
/// <param name="Median">The 50th percentile: half of the durations are no longer.</param>
/// <param name="P95">The 95th percentile.</param>
public sealed record Percentiles(TimeSpan Median, TimeSpan P95)
{
    /// <summary>Computes percentiles by the nearest rank; null: there are no durations.</summary>
    public static Percentiles? Of(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted.Count == 0 ? null : new(At(0.5), At(0.95));

        TimeSpan At(double share) => sorted[(int)Math.Ceiling(share * sorted.Count) - 1];
    }
}
