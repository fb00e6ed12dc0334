using OllamaProxy.Configuration;
using OllamaProxy.Scheduling;
using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>Which prompts are given slots in the hours of bulk prompts, and outside them.</summary>
public sealed class BulkHoursTests
{
    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a")
    {
        BulkHours = BulkHours.Parse("12:00-13:00"),
    };

    [Theory]
    [InlineData(-1, "a2>x a3>x")]
    [InlineData(0, "a1>x a2>x")]
    [InlineData(59, "a1>x a2>x")]
    [InlineData(60, "a2>x a3>x")]
    public void A_prompt_of_a_priority_under_0_is_given_a_slot_in_these_hours_only(int minutesAfterNoon, string expected) => Assert.Equal(
        expected.Split(' '),
        Print(Policy.Decide([Prompt(1, "a", -1), Prompt(2, "a", 0), Prompt(3, "a", 5)], BackendPool("x 2"), NoHistory,
            Noon.AddMinutes(minutesAfterNoon))));

    [Fact]
    public void It_is_not_refused_either_before_its_time() =>
        Assert.Empty(Policy.Decide([Prompt(1, "c", -1)], BackendPool("x 1 {a} not c"), NoHistory, Noon.AddHours(-1)).Assignments);
}
