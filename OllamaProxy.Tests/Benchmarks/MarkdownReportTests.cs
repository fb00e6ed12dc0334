using OllamaProxy.Benchmarks;
using OllamaProxy.Benchmarks.Reports;

namespace OllamaProxy.Tests.Benchmarks;

public sealed class MarkdownReportTests
{
    private static readonly Row Fast = new("fast", "speed", Target.AtLeast(40, "%"));
    private static readonly Row Small = new("small", "memory", Target.Below(80, "MB"));
    private static readonly Row Lost = new("lost", "nothing", Target.AtMost(1.3, "x"));

    [Fact]
    public void The_table_judges_each_figure_by_its_target() => Assert.Equal(
        """
        | row   | what    | target        | figure       |      | remark    |
        | ----- | ------- | ------------- | ------------ | ---- | --------- |
        | fast  | speed   | at least 40 % | 40 %         | pass | a \| b    |
        | small | memory  | below 80 MB   | 80 MB        | FAIL |           |
        | lost  | nothing | at most 1.3 x | not measured | FAIL | no server |

        """, MarkdownReport.Table(Measured(smoke: false)));

    [Fact]
    public void A_smoke_run_judges_nothing_but_that_there_are_figures()
    {
        var results = Measured(smoke: true);
        Assert.DoesNotContain("pass", MarkdownReport.Table(results), StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", MarkdownReport.Table(results), StringComparison.Ordinal);
        Assert.True(results.HasFailed);
    }

    private static Results Measured(bool smoke)
    {
        var results = new Results([], smoke);
        results.Note(new Outcome(Fast, 40, "a | b"));
        results.Note(new Outcome(Small, 80, ""));
        results.Note(new Outcome(Lost, null, "no server"));
        return results;
    }
}
