using CsCheck;
using OllamaProxy.Prompts;

namespace OllamaProxy.Tests.Prompts;

public sealed class OwnerUseTests
{
    private static readonly DateTimeOffset Noon = new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 60, 40, 100)]
    [InlineData(15, 60, 40, 85)]
    [InlineData(30, 60, 40, 70)]
    [InlineData(59, 60, 0, 1)]
    public void A_minute_is_estimated_from_this_one_and_the_one_before(int second, long before, long now, long expected) =>
        Assert.Equal(expected, new MinuteUse(before, now).At(Noon.AddSeconds(second)));

    [Theory]
    [InlineData(15, 60, 40, 100, 0)] // 85 count already.
    [InlineData(15, 60, 40, 70, 15)] // At 12:00:30.
    [InlineData(15, 0, 40, 20, 75)] // Only in the next minute does it become less: at 12:01:30.
    [InlineData(15, 60, 40, 0, 105)] // At 12:02.
    public void It_is_known_when_how_much_is_left_of_it(int second, long before, long now, long most, double seconds) =>
        Assert.Equal(seconds, new MinuteUse(before, now).UntilAtMost(most, Noon.AddSeconds(second)).TotalSeconds, 3);

    [Fact]
    public void After_the_time_that_is_told_the_limit_is_kept_and_halfway_it_is_used_up() =>
        Gen.Select(Gen.Int[0, 59_999], Gen.Long[0, 500], Gen.Long[0, 500], Gen.Long[0, 1000]).Sample((millisecond, before, now, most) =>
        {
            var (time, use) = (Noon.AddMilliseconds(millisecond), new MinuteUse(before, now));
            var wait = use.UntilAtMost(most, time);
            Assert.InRange(At(time + wait + TimeSpan.FromMilliseconds(2)), 0, most);
            // It is told in whole prompts, so it may be free when less than one of them is left over.
            if (wait > TimeSpan.Zero && before > 0)
                Assert.True(At(time + (wait * 0.5)) >= most);

            long At(DateTimeOffset later) => (OwnerUse.MinuteOf(later) - OwnerUse.MinuteOf(time)) switch
            {
                0 => use.At(later),
                1 => new MinuteUse(now, 0).At(later),
                _ => 0,
            };
        });

    [Fact]
    public void Each_limit_says_what_is_left_and_when_it_is_free()
    {
        var limits = new OwnerLimits { RequestsPerMinute = 10, TokensPerMinute = 100, TokensPerDay = 1000, MaxQueued = 5 };
        var use = new OwnerUse(Noon.AddSeconds(30), 1, 6, new(0, 4), new(0, 100), 999);
        Assert.Equal(
            [
                ("requests-per-minute", false, 6, 30, 0), ("tokens-per-minute", true, 0, 30, 30),
                ("tokens-per-day", false, 0, 43170, 43170), ("queued", true, 0, null, null),
            ],
            use.Against(limits).Select(state => (state.Name, state.IsExceeded, state.Remaining,
                (int?)state.ResetIn?.TotalSeconds, (int?)state.FreeIn?.TotalSeconds)));
    }
}
