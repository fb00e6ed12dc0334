using OllamaProxy.Benchmarks;

namespace OllamaProxy.Tests.Benchmarks;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(3, new double[] { 3 })]
    [InlineData(2.5, new double[] { 4, 1, 3, 2 })]
    [InlineData(3, new double[] { 100, 1, 3 })]
    public void A_median_is_the_middle(double median, double[] figures) => Assert.Equal(median, figures.Median());

    [Theory]
    [InlineData(0.99, 99)]
    [InlineData(0.5, 50)]
    [InlineData(1, 100)]
    [InlineData(0, 1)]
    public void A_percentile_is_the_least_that_is_no_smaller_than_that_share(double share, double percentile) =>
        Assert.Equal(percentile, Enumerable.Range(1, 100).Reverse().Select(figure => (double)figure).Percentile(share));
}
