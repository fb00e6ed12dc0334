using OllamaProxy.Statistics;

namespace OllamaProxy.Tests.Statistics;

public class DurationHistogramTests
{
    public static TheoryData<int, double> Samples => new() { { 1, 1 }, { 2, 3 }, { 3, 100 }, { 4, 10_000 }, { 5, 100_000 } };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Percentiles_are_right_within_a_tenth(int seed, double longestSeconds)
    {
        var random = new Random(seed);
        List<TimeSpan> durations =
            [.. Enumerable.Range(0, 1000).Select(_ => TimeSpan.FromSeconds(0.002 + (longestSeconds * Math.Pow(random.NextDouble(), 3))))];
        var histogram = new DurationHistogram();
        foreach (var duration in durations)
            histogram.Add(duration);

        var (exact, estimate) = (Percentiles.Of(durations)!, histogram.ToPercentiles()!);

        Assert.InRange(estimate.Median / exact.Median, 0.9, 1.1);
        Assert.InRange(estimate.P95 / exact.P95, 0.9, 1.1);
    }

    [Fact]
    public void Histograms_can_be_added_up()
    {
        var (one, other, both) = (new DurationHistogram(), new DurationHistogram(), new DurationHistogram());
        foreach (var seconds in Enumerable.Range(1, 100))
        {
            (seconds % 3 == 0 ? one : other).Add(TimeSpan.FromSeconds(seconds));
            both.Add(TimeSpan.FromSeconds(seconds));
        }

        one.Add(other);

        Assert.Equal(both.Buckets, one.Buckets);
        Assert.Equal(both.ToPercentiles(), one.ToPercentiles());
    }

    [Fact]
    public void Of_no_durations_there_are_no_percentiles() => Assert.Null(new DurationHistogram().ToPercentiles());

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void A_duration_of_nothing_or_less_is_the_shortest(double seconds)
    {
        var histogram = new DurationHistogram();
        histogram.Add(TimeSpan.FromSeconds(seconds));
        Assert.Equal(TimeSpan.FromMilliseconds(1), histogram.ToPercentiles()!.P95);
    }
}
