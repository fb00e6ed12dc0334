namespace OllamaProxy.Benchmarks;

/// <summary>What is told of many figures.</summary>
internal static class Statistics
{
    /// <summary>The middle one; of an even number, the mean of the two in the middle.</summary>
    public static double Median(this IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The middle one of what is chosen of each.</summary>
    public static double Median<T>(this IEnumerable<T> all, Func<T, double> figure) => all.Select(figure).Median();

    /// <summary>The least that is no smaller than this share (0 to 1) of them.</summary>
    public static double Percentile(this IEnumerable<double> figures, double share)
    {
        var sorted = figures.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
