using OllamaProxy.Prompts;

namespace OllamaProxy.Tests.Prompts;

public sealed class DrainRateTests
{
    [Fact]
    public void Nothing_is_estimated_before_anything_was_measured() => Assert.Null(new DrainRate().Eta(1, 1));

    [Theory]
    [InlineData(1, 1, 10)]
    [InlineData(5, 1, 50)]
    [InlineData(4, 4, 10)]
    [InlineData(5, 4, 20)]
    public void An_estimate_is_the_mean_run_for_each_round_of_slots(long position, int concurrency, double seconds)
    {
        var rate = new DrainRate();
        rate.Record(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(seconds), rate.Eta(position, concurrency));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(4, 2.5)]
    public void A_prompt_leaves_the_queue_whenever_a_slot_is_free(int concurrency, double seconds)
    {
        var rate = new DrainRate();
        Assert.Null(rate.UntilNext(concurrency));
        rate.Record(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(seconds), rate.UntilNext(concurrency));
    }

    [Fact]
    public void The_mean_follows_the_latest_runs()
    {
        var rate = new DrainRate();
        rate.Record(TimeSpan.FromSeconds(100));
        for (var run = 0; run < 30; run++)
            rate.Record(TimeSpan.FromSeconds(10));
        Assert.InRange(rate.Eta(1, 1)!.Value.TotalSeconds, 10, 10.2);
    }
}
