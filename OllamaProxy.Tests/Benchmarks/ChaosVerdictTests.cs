using OllamaProxy.Benchmarks.Chaos;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Tests.Benchmarks;

public sealed class ChaosVerdictTests
{
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly ChaosRecord Completed = new(Id, "completed", "hello", null, Simulation.AnswerTo("hello"), 1, 0, 1, 0);

    [Fact]
    public void What_was_completed_once_with_the_right_result_is_neither_lost_nor_doubled() => AssertFinds(lost: 0, doubled: 0, Completed);

    [Fact]
    public void What_was_accepted_and_is_not_there_is_lost() => AssertFinds(lost: 1, doubled: 0);

    [Theory]
    [InlineData("queued")]
    [InlineData("processing")]
    [InlineData("failed")]
    [InlineData("cancelled")]
    public void What_did_not_end_well_is_lost(string status) => AssertFinds(lost: 1, doubled: 0, Completed with { Status = status });

    [Fact]
    public void A_wrong_result_is_lost() =>
        AssertFinds(lost: 1, doubled: 0, Completed with { Result = Simulation.AnswerTo("something else") });

    [Fact]
    public void What_is_there_twice_is_doubled() => AssertFinds(lost: 0, doubled: 1, Completed, Completed with { Id = Guid.NewGuid() });

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    [InlineData(0, 1)]
    public void What_was_settled_twice_or_by_nobody_is_doubled(long succeeded, long completions) =>
        AssertFinds(lost: 0, doubled: 1, Completed with { Succeeded = succeeded, Completions = completions });

    [Fact]
    public void What_was_taken_up_again_after_it_was_completed_is_doubled() =>
        AssertFinds(lost: 0, doubled: 1, Completed with { Reopenings = 1 });

    [Fact]
    public void What_a_client_asked_to_be_cancelled_is_not_lost()
    {
        var verdict = ChaosVerdict.Of(
            [new("hello", isCall: false) { Id = Id, MayBeCancelled = true }], [Completed with { Status = "cancelled", Result = null }]);
        Assert.Empty(verdict.Lost);
    }

    private static void AssertFinds(int lost, int doubled, params ChaosRecord[] records)
    {
        var verdict = ChaosVerdict.Of([new("hello", isCall: false) { Id = Id }], records);
        Assert.Equal((lost, doubled), (verdict.Lost.Count, verdict.Doubled.Count));
    }
}
