using System.Collections.Immutable;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>Which prompt that runs is handed back for one that waits.</summary>
public sealed class PreemptionRuleTests
{
    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a");

    /// <summary>
    /// Each row: what waits, as its models and priorities, in the order of arrival; the first of a priority of 0 or above has waited for
    /// too long. What runs, which came a moment earlier, as its backend, model and priority, in the order in which it began. The backends;
    /// and what is handed back, by its place in that order, for which prompt.
    /// </summary>
    [Theory]
    [InlineData("a0", "x:a-1", "x 0/a", "1 for 1")]
    [InlineData("a10", "x:a-1", "x 0/a", "1 for 1")]
    // The one of the lowest priority and, of several, the one that began last.
    [InlineData("a0", "x:a-5 x:a-9 x:a-1", "x 0/a/a/a", "2 for 1")]
    [InlineData("a0", "x:a-5 x:a-5 x:a-1", "x 0/a/a/a", "2 for 1")]
    [InlineData("a0", "x:a-5 y:a-9", "x 0/a; y 0/a", "2 for 1")]
    // At a backend that can run what waits.
    [InlineData("b0", "x:a-5 y:a-9", "x 0/a {a,b}; y 0/a {a}", "1 for 1")]
    [InlineData("b0", "y:a-9", "x 0/a {a,b}; y 0/a {a}", "")]
    [InlineData("a0", "x:a-5", "x 0/a busy", "")]
    [InlineData("a0", "x:a-5", "x 0/a away", "")]
    // Grouping does not give the slot to what is loaded, since it is of a lower priority.
    [InlineData("a-1 a-1 a-1 b0", "x:a-1", "x 0/a [a]", "1 for 4")]
    // Not where one of a higher priority is next that has not waited for so long.
    [InlineData("a0 a10", "x:a-1", "x 0/a", "")]
    [InlineData("", "x:a-1", "x 0/a", "")]
    public void It_chooses(string waiting, string running, string backends, string expected)
    {
        var queue = waiting.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select((word, index) => Waiting(index + 1, word)).OrderBy(prompt => prompt.Key).ToList();
        var runs = running.Split(' ').Select((word, index) => Running(index + 1, word)).ToList();
        var urgent = queue.Where(prompt => prompt.Priority >= 0).OrderBy(prompt => prompt.Seq).Take(1).Select(prompt => prompt.Seq);

        Assert.Equal(expected, Choose(queue, runs, BackendPool(backends), urgent));
    }

    [Fact]
    public void Nothing_is_handed_back_where_a_prompt_of_a_low_priority_has_waited_for_so_long_that_it_comes_first()
    {
        var run = Running(1, "x:a-1");
        Assert.Equal("", Choose([Waiting(1, "a0")], [run with { Prompt = run.Prompt with { Rank = -1000 } }], BackendPool("x 0/a"), [1]));
        Assert.Equal("", Choose([Waiting(2, "a-1") with { Rank = -1000 }, Waiting(1, "a0")], [run], BackendPool("x 0/a"), [1]));
    }

    [Fact]
    public void The_slot_is_not_kept_from_an_account_that_has_been_served_most()
    {
        var counters = TokenCounters.None;
        for (var prompt = 0; prompt < 10; prompt++)
        {
            counters = counters.Charge("rich", "a:latest", "x", out var charge);
            counters = counters.Settle(charge, 10_000, isTypical: true);
        }
        QueuedPrompt[] queue = [Waiting(1, "a0") with { Account = "rich" }, Waiting(2, "a-1") with { Account = "poor" }];
        var run = Running(1, "x:a-1");
        Assert.Equal("1 for 1", Choose(
            queue, [run with { Prompt = run.Prompt with { Account = "poor" } }], BackendPool("x 0/a"), [1], counters));
    }

    [Fact]
    public void A_run_that_has_ended_meanwhile_can_still_be_chosen() =>
        Assert.Equal("1 for 1", Choose([Waiting(1, "a0")], [Running(1, "x:a-1")], BackendPool("x 0"), [1]));

    private static string Choose(
        IReadOnlyCollection<QueuedPrompt> queue, IEnumerable<PreemptibleRun> runs, IReadOnlyList<BackendLoad> backends,
        IEnumerable<long> urgent, TokenCounters? counters = null) =>
        PreemptionRule.Choose(runs, urgent.ToImmutableHashSet(), queue, backends,
            (prompts, loads) => Policy.Decide(prompts, loads, NoHistory, Noon, counters: counters)) is var (run, next)
            ? $"{run.StartedAt} for {next.Seq}" : "";

    private static QueuedPrompt Waiting(int seq, string word) => Prompt(seq, word[..1], int.Parse(word[1..])) is var prompt
        ? prompt with { Rank = seq - (prompt.Priority * 300) } : null!;

    private static PreemptibleRun Running(int number, string word) => Waiting(-number, word.Split(':')[1]) is var prompt
        ? new(prompt, new($"{prompt.Model}:latest", ""), word.Split(':')[0], number) : null!;
}
