namespace OllamaProxy.Statistics;

/// <summary>How long something takes.</summary>
/// <param name="Median">Half of the times are no longer.</param>
/// <param name="P95">95 of a hundred are no longer.</param>
public sealed record Percentiles(TimeSpan Median, TimeSpan P95)
{
    /// <summary>By the nearest rank; null of nothing.</summary>
    public static Percentiles? Of(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted.Count == 0 ? null : new(At(0.5), At(0.95));

        TimeSpan At(double share) => sorted[(int)Math.Ceiling(share * sorted.Count) - 1];
    }
}
