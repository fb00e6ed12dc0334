using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>How long something takes, in seconds, as clients see it.</summary>
/// <param name="Median">Half of the times are no longer.</param>
/// <param name="P95">95 of a hundred are no longer.</param>
public sealed record PercentilesResource(double Median, double P95)
{
    /// <summary>Makes it; null of nothing.</summary>
    public static PercentilesResource? Of(Percentiles? spread) =>
        spread is null ? null : new(Math.Round(spread.Median.TotalSeconds, 3), Math.Round(spread.P95.TotalSeconds, 3));
}
