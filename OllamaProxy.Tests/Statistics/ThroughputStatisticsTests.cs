using OllamaProxy.Prompts;
using OllamaProxy.Statistics;

namespace OllamaProxy.Tests.Statistics;

public class ThroughputStatisticsTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 21, 12, 30, 20, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void An_empty_history_has_no_times() =>
        Assert.Equal(new ThroughputStatistics(0, 0, 0, null, null), ThroughputStatistics.Of(new([], [], []), Hour, Now));

    [Fact]
    public void Only_what_was_completed_within_the_window_counts()
    {
        var history = new QueueHistory(
        [
            Ended(PromptStatus.Completed, wait: 2, run: 4, ago: 10, tokens: 100),
            Ended(PromptStatus.Failed, wait: 50, run: 50, ago: 20, tokens: null),
            Ended(PromptStatus.Cancelled, wait: 50, run: 50, ago: 30, tokens: 5),
            Ended(PromptStatus.Completed, wait: 4, run: 8, ago: 100, tokens: null),
            Ended(PromptStatus.Completed, wait: 1000, run: 1000, ago: 300, tokens: 900),
        ], [], []);

        var figures = ThroughputStatistics.Of(history, TimeSpan.FromMinutes(5), Now);

        Assert.Equal(
            new(2, 2 / 300.0, 100 / 300.0, new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)),
                new(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8))),
            figures);
    }

    [Fact]
    public void Of_more_prompts_than_are_looked_at_the_rate_is_that_of_the_time_they_cover()
    {
        var history = new QueueHistory(
            [.. Enumerable.Range(0, QueueHistory.MaxPrompts).Select(n => Ended(PromptStatus.Completed, 1, 1, ago: n / 100.0, tokens: 3))],
            [], []);

        var figures = ThroughputStatistics.Of(history, Hour, Now);

        Assert.Equal(100, figures.PromptsPerSecond, 0);
        Assert.Equal(300, figures.TokensPerSecond, 0);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(19, 10, 19)]
    [InlineData(20, 10, 19)]
    [InlineData(100, 50, 95)]
    public void A_spread_is_by_the_nearest_rank(int count, int median, int p95) =>
        Assert.Equal(new Percentiles(TimeSpan.FromSeconds(median), TimeSpan.FromSeconds(p95)),
            Percentiles.Of(Enumerable.Range(1, count).Reverse().Select(n => TimeSpan.FromSeconds(n))));

    [Fact]
    public void The_minutes_tell_how_many_waited_and_how_many_finished()
    {
        var history = new QueueHistory(
        [
            Ended(PromptStatus.Completed, wait: 5, run: 5, ago: 5, tokens: null), // 12:30:05 to 12:30:15, all in the running minute
            Ended(PromptStatus.Failed, wait: 60, run: 30, ago: 50, tokens: null), // 12:28:00, run at 12:29:00, ended 12:29:30
            Ended(PromptStatus.Completed, wait: 3600, run: 3600, ago: 3600, tokens: null), // before all of it
        ],
        Waiting: [Now.AddSeconds(-90), Now.AddSeconds(-10)],
        Running: [new(Now.AddSeconds(-200), Now.AddSeconds(-30)) { Id = default }]); // 12:27:00 to 12:29:50

        var minutes = QueueMinute.Last(history, queued: 4, minutes: 4, Now);

        // Two of the four queued prompts are older than what is looked at.
        var first = new DateTimeOffset(2026, 2, 21, 12, 27, 0, TimeSpan.Zero);
        Assert.Equal(
        [
            new(first, 2 + 1, 0),
            new(first.AddMinutes(1), 2 + 1 + 1 + 1, 0),
            new(first.AddMinutes(2), 2 + 1, 1),
            new(first.AddMinutes(3), 4, 1),
        ], minutes);
    }

    [Fact]
    public void A_queued_prompt_without_an_attempt_waited_until_it_ended()
    {
        var history = new QueueHistory([new(PromptStatus.Cancelled, Now.AddMinutes(-2), null, Now.AddMinutes(-1), null)], [], []);
        Assert.Equal([1L, 0L, 0L], QueueMinute.Last(history, 0, 3, Now).Select(minute => minute.Waiting));
    }

    private static EndedPrompt Ended(PromptStatus status, double wait, double run, double ago, long? tokens)
    {
        var completedAt = Now.AddSeconds(-ago);
        return new(status, completedAt.AddSeconds(-run - wait), completedAt.AddSeconds(-run), completedAt, tokens);
    }
}
