using OllamaProxy.Prompts;
using OllamaProxy.Statistics;

namespace OllamaProxy.Tests.Statistics;

public class TrendTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 21, 12, 30, 20, TimeSpan.Zero);

    [Fact]
    public void A_span_ends_with_the_step_that_runs()
    {
        Assert.Equal((60, 96, 84), (TrendSpan.Hour.Steps, TrendSpan.Day.Steps, TrendSpan.Week.Steps));
        Assert.Equal(new(2026, 2, 21, 11, 31, 0, TimeSpan.Zero), TrendSpan.Hour.FirstStep(Now));
        Assert.Equal(new(2026, 2, 20, 12, 45, 0, TimeSpan.Zero), TrendSpan.Day.FirstStep(Now));
        Assert.Equal(new(2026, 2, 14, 14, 0, 0, TimeSpan.Zero), TrendSpan.Week.FirstStep(Now));
    }

    [Fact]
    public void What_processes_saw_is_added_up_by_step_by_model_and_by_backend()
    {
        List<TrendRow> rows =
        [
            Row("a", "here", minutesAgo: 0, prompts: 1), Row("a", "here", minutesAgo: 0, prompts: 2),
            Row("a", "there", minutesAgo: 59, prompts: 4),
            Row("b", "there", minutesAgo: 1, prompts: 8), Row("b", "", minutesAgo: 1, prompts: 16),
            Row("a", "here", minutesAgo: 60, prompts: 1000), Row("a", "here", minutesAgo: -1, prompts: 1000),
        ];

        var trend = Trend.Of(rows, TrendSpan.Hour, null, null, Now);

        Assert.Equal(31, trend.Total.Prompts);
        Assert.Equal([(0, 4), (58, 24), (59, 3)],
            trend.Points.Index().Where(point => point.Item.Figures.Prompts > 0).Select(point => (point.Index, point.Item.Figures.Prompts)));
        Assert.Equal([("b", 24), ("a", 7)], trend.Models.Select(part => (part.Name, part.Figures.Prompts)));
        Assert.Equal([("there", 12), ("here", 3)], trend.Backends.Select(part => (part.Name, part.Figures.Prompts)));
        Assert.Equal((8, 24), (trend.Backends[0].Steps[58], trend.Models[0].Steps.Sum()));
    }

    [Fact]
    public void A_filter_leaves_the_parts_alone()
    {
        List<TrendRow> rows = [Row("a", "here", 0, 1), Row("a", "there", 0, 2), Row("b", "here", 0, 4)];

        var trend = Trend.Of(rows, TrendSpan.Hour, "a", "there", Now);

        Assert.Equal((2, 2), (trend.Total.Prompts, trend.Points[^1].Figures.Prompts));
        Assert.Equal([("b", 4), ("a", 3)], trend.Models.Select(part => (part.Name, part.Figures.Prompts)));
    }

    [Fact]
    public void Several_processes_see_the_same_queue()
    {
        var key = new TrendKey(TrendSpan.Hour.Step, TrendSpan.Hour.StepOf(Now), "", "");
        List<TrendRow> rows = [new(key, new() { Queued = 5, Processing = 1 }), new(key, new() { Queued = 4, Processing = 2 })];

        var trend = Trend.Of(rows, TrendSpan.Hour, null, null, Now);

        Assert.Equal((5, 2), (trend.Points[^1].Figures.Queued, trend.Points[^1].Figures.Processing));
        Assert.Empty(trend.Models);
    }

    [Fact]
    public void An_attempt_that_is_followed_by_another_is_an_error_and_no_prompt()
    {
        var figures = new TrendFigures();
        var statistics = new GenerationStatistics { PromptEvalCount = 7, EvalCount = 30, EvalDuration = 3_000_000_000 };
        figures.Add(Attempt(isLast: false, isError: true, GenerationStatistics.None));
        figures.Add(Attempt(isLast: true, isError: false, statistics));
        figures.Add(Attempt(isLast: true, isError: true, statistics with { EvalDuration = null }));

        Assert.Equal((2, 1, 2), (figures.Prompts, figures.Failed, figures.Errors));
        Assert.Equal((14, 60), (figures.PromptTokens, figures.Tokens));
        Assert.Equal(10, figures.OutputRate());
        Assert.Equal((2, 3), (figures.Wait.Buckets.Values.Sum(), figures.Run.Buckets.Values.Sum()));
    }

    private static EndedAttempt Attempt(bool isLast, bool isError, GenerationStatistics statistics) =>
        new(Now, "a", "here", isLast, isError, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), statistics);

    private static TrendRow Row(string model, string backend, int minutesAgo, int prompts) =>
        new(new(TrendSpan.Hour.Step, TrendSpan.Hour.StepOf(Now.AddMinutes(-minutesAgo)), model, backend), new() { Prompts = prompts });
}
