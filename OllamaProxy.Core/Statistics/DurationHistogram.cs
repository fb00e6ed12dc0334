namespace OllamaProxy.Statistics;

/// <summary>
/// How many durations fell into each bucket. The buckets grow by a fifth, so that a percentile is right within a tenth; and histograms
/// can be added up, unlike percentiles.
/// </summary>
public sealed class DurationHistogram
{
    private const int BucketsADoubling = 4;

    private static readonly TimeSpan Smallest = TimeSpan.FromMilliseconds(1);

    /// <summary>How many durations are in each bucket; the longer, the higher is its number. Empty buckets are left out.</summary>
    public SortedDictionary<int, long> Buckets { get; init; } = [];

    /// <summary>Adds a duration.</summary>
    public void Add(TimeSpan duration)
    {
        var bucket = duration <= Smallest ? 0 : (int)Math.Round(Math.Log2(duration / Smallest) * BucketsADoubling);
        Buckets[bucket] = Buckets.GetValueOrDefault(bucket) + 1;
    }

    /// <summary>Adds all of another histogram.</summary>
    public void Add(DurationHistogram other)
    {
        foreach (var (bucket, count) in other.Buckets)
            Buckets[bucket] = Buckets.GetValueOrDefault(bucket) + count;
    }

    /// <summary>Estimates the percentiles; null: there is no duration.</summary>
    public Percentiles? ToPercentiles() => Buckets.Count == 0 ? null : new(Estimate(0.5), Estimate(0.95));

    private TimeSpan Estimate(double share)
    {
        var left = (long)Math.Ceiling(Buckets.Values.Sum() * share);
        var bucket = Buckets.First(each => (left -= each.Value) <= 0).Key;
        return Smallest * Math.Pow(2, (double)bucket / BucketsADoubling);
    }
}
