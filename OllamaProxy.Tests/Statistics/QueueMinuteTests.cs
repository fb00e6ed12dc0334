using OllamaProxy.Prompts;
using OllamaProxy.Statistics;

namespace OllamaProxy.Tests.Statistics;

/// <summary>Whatever has happened, a minute tells what a look at each prompt tells, or nothing.</summary>
public class QueueMinuteTests
{
    private const int Minutes = 60;
    private static readonly DateTimeOffset Now = new(2026, 2, 21, 12, 30, 20, TimeSpan.Zero);
    private static readonly DateTimeOffset Since = Now.AddMinutes(-Minutes);
    private static readonly DateTimeOffset First = new(2026, 2, 21, 11, 31, 0, TimeSpan.Zero);

    public static TheoryData<int, int, int> Histories => new()
    {
        // Seed, how many prompts, and within how many minutes they came.
        { 1, 0, 60 }, { 2, 5, 60 }, { 3, 300, 90 }, { 4, 3_000, 3 }, { 5, 3_000, 600 },
        { 6, 12_000, 1 }, { 7, 12_000, 20 }, { 8, 25_000, 60 }, { 9, 25_000, 300 }, { 10, 130_000, 2 }, { 11, 130_000, 50 },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_minute_tells_what_was_or_nothing(int seed, int count, int span)
    {
        var random = new Random(seed);
        var prompts = Enumerable.Range(0, count).Select(_ => Life.Of(random, span)).ToList();

        var minutes = QueueMinute.Last(HistoryOf(prompts), prompts.Count(life => life.Waits(Now)), Minutes, Now);

        for (var index = 0; index < Minutes; index++)
        {
            var (begin, end) = (First.AddMinutes(index), First.AddMinutes(index + 1));
            Assert.Equal(begin, minutes[index].At);
            if (minutes[index].Waiting is { } waiting)
                Assert.Equal(prompts.Count(life => life.Waits(end > Now ? Now : end.AddTicks(-1))), waiting);
            if (minutes[index].Finished is { } finished)
                Assert.Equal(prompts.Count(life => life.EndedAt >= begin && life.EndedAt < end), finished);
        }
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public void Only_what_came_before_the_looked_at_is_not_told(int seed, int count, int span)
    {
        var random = new Random(seed);
        var history = HistoryOf([.. Enumerable.Range(0, count).Select(_ => Life.Of(random, span))]);

        var minutes = QueueMinute.Last(history, history.Waiting.Count, Minutes, Now);

        Assert.NotNull(minutes[^1].Waiting);
        foreach (var minute in minutes)
        {
            Assert.Equal(history.EndedSince >= minute.At, minute.Finished is null);
            var end = minute.At.AddMinutes(1);
            Assert.Equal(history.EndedSince >= end || history.WaitingSince >= end, minute.Waiting is null);
        }
    }

    /// <summary>What the store tells of it.</summary>
    private static QueueHistory HistoryOf(List<Life> prompts)
    {
        var waiting = prompts.Where(life => life.Waits(Now))
            .OrderByDescending(life => life.CreatedAt).Take(QueueHistory.MaxWaiting).ToList();
        var running = prompts.Where(life => life is { StartedAt: not null, EndedAt: null });
        return new(
            [.. prompts.Where(life => life.EndedAt >= Since).OrderByDescending(life => life.EndedAt).Take(QueueHistory.MaxPrompts)
                .Select(life => new EndedPrompt(PromptStatus.Completed, life.CreatedAt, life.StartedAt, life.EndedAt!.Value, null))],
            [.. waiting.Select(life => life.CreatedAt).Where(at => at >= Since)],
            [.. running.Select(life => new RunningPrompt(life.CreatedAt, life.StartedAt!.Value) { Id = default })])
        {
            WaitingSince = waiting.Count < QueueHistory.MaxWaiting ? null : waiting[^1].CreatedAt,
        };
    }

    private sealed record Life(DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt)
    {
        public static Life Of(Random random, int span)
        {
            // Some at the same time, as those of a batch.
            var createdAt = Now.AddSeconds(-(random.Next(3) == 0 ? random.Next(1, 1 + span) * 60 : random.NextDouble() * span * 60));
            var startedAt = random.Next(4) == 0 ? (DateTimeOffset?)null : createdAt.AddSeconds(random.NextDouble() * 600);
            var endedAt = random.Next(5) == 0 ? (DateTimeOffset?)null : (startedAt ?? createdAt).AddSeconds(random.NextDouble() * 300);
            return new(createdAt, startedAt <= Now ? startedAt : null, endedAt <= Now ? endedAt : null);
        }

        public bool Waits(DateTimeOffset at) => CreatedAt <= at && !(StartedAt <= at) && !(EndedAt <= at);
    }
}
