using CsCheck;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>Who is given the slots that a backend reserves for prompts of a priority above 0.</summary>
public sealed class ReservedSlotsTests
{
    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a");

    /// <summary>As <see cref="SchedulerTests.Decisions"/>; <c>ordinary</c> says how many of the free slots are not reserved.</summary>
    [Theory]
    [InlineData("a a a", "x 2 ordinary 1", "a1>x")]
    [InlineData("a", "x 1 ordinary 0", "")]
    [InlineData("a a", "x 1 ordinary 0; y 1", "a1>y")]
    // One that may use them passes those that may not, and only then.
    [InlineData("a a!", "x 1 ordinary 0", "a2>x")]
    [InlineData("a b!", "x 1 ordinary 0 [a]", "b2>x")]
    [InlineData("a a a!", "x 2 ordinary 1", "a1>x a3>x")]
    [InlineData("a a a!", "x 2", "a1>x a2>x")]
    // One that may use them leaves the others to those that may not.
    [InlineData("a! a a", "x 2 ordinary 1", "a1>x a2>x")]
    [InlineData("a a! a! a", "x 3 ordinary 2", "a1>x a2>x a3>x")]
    // Among themselves they go by the same rules.
    [InlineData("a b! c! b!", "x 2 ordinary 0 [c]", "c3>x b2>x")]
    [InlineData("a b! c!", "x 1 ordinary 0 {b,c} [c] busyfor c", "b2>x")]
    // No slot is needed to be refused.
    [InlineData("c a", "x 1 ordinary 0 {a} not c", "c1>x?")]
    public void A_reserved_slot_is_for_a_priority_above_0(string queue, string backends, string expected) => Assert.Equal(
        expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(),
        Print(Policy.Decide(QueueOf(queue), BackendPool(backends), NoHistory, Noon)).Order());

    [Fact]
    public void What_was_overtaken_before_is_not_forgotten_when_a_reserved_slot_is_given_away()
    {
        var first = Policy.Decide(QueueOf("a b"), BackendPool("x 1 [b]"), NoHistory, Noon);
        var queue = QueueOf("a - a!").Where(prompt => prompt.Model != "").ToList();
        var reserved = Policy.Decide(queue, BackendPool("x 1 ordinary 0 [b]"), first.OvertakeHistory, Noon.AddSeconds(30));
        Assert.Equal(["a3>x"], Print(reserved));

        queue = [.. QueueOf("a - - b").Where(prompt => prompt.Model != "")];
        Assert.Equal(["b4>x"], Print(Policy.Decide(queue, BackendPool("x 1 [b]"), reserved.OvertakeHistory, Noon.AddSeconds(59))));
        Assert.Equal(["a1>x"], Print(Policy.Decide(queue, BackendPool("x 1 [b]"), reserved.OvertakeHistory, Noon.AddSeconds(60))));
    }

    [Fact]
    public void However_prompts_come_others_never_have_more_than_their_slots_and_no_slot_is_free_for_one_that_waits() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Select(Gen.Int[-1, 1], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 4]).Array[1, 60])
            .Sample((slots, reserved, steps) =>
        {
            var (queue, running, history, counters) = (new List<QueuedPrompt>(), new List<QueuedPrompt>(), NoHistory, TokenCounters.None);
            foreach (var ((priority, model, account, ended), step) in steps.Zip(Enumerable.Range(1, steps.Length)))
            {
                queue.Add(Prompt(step, $"m{model}", priority) with { Rank = step - (priority * 10), Account = $"{account}" });
                if (ended < running.Count)
                    running.RemoveAt(ended);
                var ordinary = slots - running.Count(prompt => prompt.IsOrdinary);
                var state = new BackendState("x", slots + reserved) { Health = BackendHealth.Healthy, Loaded = ["m0:latest"] };
                var keys = RunningModels.Of(running.Select(prompt => (LoadKey)$"{prompt.Model}:latest"));
                var load = new BackendLoad(state, slots + reserved - running.Count, keys) { Ordinary = ordinary };

                var schedule = Policy.Decide(
                    queue.OrderBy(prompt => prompt.Key), [load], history, Noon.AddSeconds(step), counters: counters);

                (history, counters) = (schedule.OvertakeHistory, schedule.Counters);
                running.AddRange(schedule.Assignments.Select(assignment => assignment.Prompt));
                queue.RemoveAll(running.Contains);
                Assert.InRange(running.Count, 0, slots + reserved);
                Assert.InRange(running.Count(prompt => prompt.IsOrdinary), 0, slots);
                if (running.Count < slots + reserved)
                    Assert.DoesNotContain(queue, prompt => !prompt.IsOrdinary
                        || running.Count(other => other.IsOrdinary) < slots);
            }
        }, iter: 500);
}
