using System.Collections.Immutable;
using CsCheck;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

public sealed class SchedulerTests
{
    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a");

    /// <summary>
    /// Each row: prompts in the order of the queue, as their models; backends as NAME free/running models [loaded] {listed}; what is
    /// decided, with a question mark where it is refused.
    /// </summary>
    public static TheoryData<string, string, string> Decisions => new()
    {
        // Nothing to do.
        { "", "x 1", "" },
        { "a", "x 0", "" },
        // In order where nothing is loaded, and for as many as there is room.
        { "a b", "x 1", "a1>x" },
        { "a a b", "x 2", "a1>x a2>x" },
        // What is loaded goes first.
        { "a b", "x 1 [b]", "b2>x" },
        { "a b a b", "x 1 [a]", "a1>x" },
        { "a b a b a b", "x 6", "a1>x a3>x a5>x b2>x b4>x b6>x" },
        { "a b a b a b", "x 6 [b]", "b2>x b4>x b6>x a1>x a3>x a5>x" },
        // What runs is loaded.
        { "a b", "x 1/b", "b2>x" },
        // Where it is known to be or, where that is nowhere, wherever it may be: a list is only a hint.
        { "a b", "x 2 {b}", "a1>x b2>x" },
        { "a", "x 1 {b}; y 1 {c}", "a1>x" },
        { "a", "x 1 {b} not a; y 1 {c}", "a1>y" },
        { "a", "x 1 {b} ran a; y 1 {c}", "a1>x" },
        { "a a", "x 1 {b} ran a; y 1 {c}", "a1>x" },
        { "a b", "x 1 {a}; y 1 {b}", "a1>x b2>y" },
        { "b a", "x 1 {a}; y 1 {b}", "b1>y a2>x" },
        { "a a a", "x 1 {a}; y 1 {b}", "a1>x" },
        // First where it is loaded, then where least runs, then in the order of the settings.
        { "a", "x 1; y 1", "a1>x" },
        { "a", "x 1; y 1 [a]", "a1>y" },
        { "a", "x 1/b; y 1", "a1>y" },
        { "a", "x 1 [b]; y 1", "a1>y" },
        { "a a", "x 1 [a]; y 1", "a1>x a2>y" },
        // Models spread over backends rather than displace one another.
        { "a a b b", "x 1; y 1", "a1>x b3>y" },
        { "a b a b", "x 2; y 2", "a1>x a3>x b2>y b4>y" },
        // Nothing passes one of a higher priority.
        { "b! a", "x 1 [a]", "b1>x" },
        { "b! a", "x 1 [a]; y 1 {b}", "b1>y a2>x" },
        { "a! b", "x 1 [b]", "a1>x" },
        { "b b! a", "x 1 [a]", "b1>x" },
        // What is away gets nothing, and what is troubled only what no other can run.
        { "a", "x 1 away", "" },
        { "a", "x 1 away; y 1", "a1>y" },
        { "a", "x 1 {a} away; y 1 {b}", "a1>y" },
        { "a", "x 1 {a} away; y 1 {b} not a", "" },
        // What is busy is left alone.
        { "a", "x 1 busy", "" },
        { "a", "x 1 [a] busy; y 1", "a1>y" },
        { "a", "x 1 {a} not a; y 1 {b} busy", "" },
        { "a b", "x 2 {a,b} busyfor a", "b2>x" },
        { "a", "x 1 {a} busyfor a; y 1 {a}", "a1>y" },
        { "a", "x 1 troubled; y 1", "a1>y" },
        { "a", "x 1 troubled; y 0", "" },
        { "a", "x 1 troubled; y 1 {b}", "a1>x" },
        // The settings keep a model from a backend.
        { "a b", "x 2 only b", "a1>x? b2>x" },
        { "a b", "x 2 only b; y 1", "b2>x a1>y" },
        { "a", "x 1 only b; y 1 {b}", "a1>y" },
        { "a", "x 1 only b; y 1 {b} not a", "a1>x?" },
        // What a backend says counts for more than its list.
        { "a", "x 1 {a} not a; y 1 {a}", "a1>y" },
        { "a", "x 1 not a", "a1>x?" },
        // A model that all have just said they do not have is refused at once, even where there is no room.
        { "c", "x 0 {a}", "" },
        { "c", "x 0 {a} not c", "c1>x?" },
        { "c c", "x 0 {a} not c; y 0 {b} not c", "c1>x? c2>x?" },
        { "c", "x 0 {a} not c; y 0 {b}", "" },
        { "c", "x 0 {a} not c; y 0 {b} away", "c1>x?" },
        { "c", "x 0 {a} not c; y 0 away", "" },
        // A call that names none goes anywhere.
        { "-", "x 1 {a}", "-1>x" },
        { "-", "x 0 {a}", "" },
    };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void It_decides(string queue, string backends, string expected)
    {
        var schedule = Policy.Decide(QueueOf(queue), BackendPool(backends), NoHistory, Noon);
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), Print(schedule).Order());
    }

    [Fact]
    public void A_prompt_that_was_overtaken_for_as_long_as_the_window_goes_next()
    {
        var first = Policy.Decide(QueueOf("a b"), BackendPool("x 1 [b]"), NoHistory, Noon);
        Assert.Equal(["b2>x"], Print(first));

        var queue = QueueOf("a - b b b").Where(prompt => prompt.Model != "").ToList();
        Assert.Equal(["b3>x"], Print(Policy.Decide(queue, BackendPool("x 1 [b]"), first.OvertakeHistory, Noon.AddSeconds(59))));
        Assert.Equal(["a1>x"], Print(Policy.Decide(queue, BackendPool("x 1 [b]"), first.OvertakeHistory, Noon.AddSeconds(60))));
    }

    [Fact]
    public void Of_several_models_that_wait_each_gets_a_turn_within_the_window()
    {
        var backend = BackendPool("x 1 [a]").Select(load => load with { State = load.State with { LoadedAt = Noon } }).ToList();
        var overtaken = Policy.Decide(QueueOf("b c d a"), backend, NoHistory, Noon).OvertakeHistory;
        Assert.All("bcd", model => Assert.NotNull(overtaken.Find(new("", $"{model}:latest"))));

        Assert.Equal(["a4>x"], Print(Policy.Decide(QueueOf("b c d a"), backend, overtaken, Noon.AddSeconds(11))));
        Assert.Equal(["b1>x"], Print(Policy.Decide(QueueOf("b c d a"), backend, overtaken, Noon.AddSeconds(12))));
    }

    [Fact]
    public void Without_a_window_nothing_is_overtaken() =>
        Assert.Equal(["a1>x"],
            Print((Policy with { GroupingWindow = TimeSpan.Zero })
            .Decide(QueueOf("a b"), BackendPool("x 1 [b]"), NoHistory, Noon)));

    [Fact]
    public void What_came_after_it_was_overtaken_is_not_held_to_its_window()
    {
        var overtaken = Policy.Decide(QueueOf("a b"), BackendPool("x 1 [b]"), NoHistory, Noon).OvertakeHistory;

        var later = new[] { Prompt(10, "a", 0), Prompt(11, "b", 0) };
        Assert.Equal(["b11>x"], Print(Policy.Decide(later, BackendPool("x 1 [b]"), overtaken, Noon.AddSeconds(600))));
    }

    [Fact]
    public void A_prompt_is_refused_by_no_list_that_is_older_than_it()
    {
        var old = BackendPool("x 1 {a} not c").Select(load => load with { State = load.State with { ListedAsOf = Noon.AddSeconds(-5) } })
            .ToList();
        var schedule = Policy.Decide(QueueOf("c"), old, NoHistory, Noon);
        Assert.Equal((true, 0), (schedule.NeedsModels, schedule.Assignments.Count));
    }

    [Fact]
    public void What_cannot_be_asked_for_anywhere_is_told() =>
        Assert.Equal(["a:latest"],
            Policy.Decide(QueueOf("a b c"), BackendPool("x 1 {b} not a not c; y 0 {a} away"), NoHistory, Noon).Stuck);

    [Fact]
    public void A_prompt_can_wait_for_a_model_that_nobody_has()
    {
        var schedule = (Policy with { WaitForModel = true })
            .Decide(QueueOf("c a"), BackendPool("x 1 {a} not c"), NoHistory, Noon);
        Assert.Equal(["a2>x"], Print(schedule));
    }

    [Theory]
    [InlineData("b a", "x 1 {a} missed", "a2>x")]
    [InlineData("b b a", "x 1 {a} missed; y 1 {a}", "b1>y a3>x")]
    [InlineData("b", "x 1 {a} missed", "b1>x")]
    [InlineData("- a", "x 1 {a} missed", "-1>x")]
    public void A_model_that_nobody_knows_yields_for_a_moment_after_one_was_refused(string queue, string backends, string expected) =>
        Assert.Equal(expected.Split(' ').Order(),
            Print(Policy.Decide(QueueOf(queue), BackendPool(backends), NoHistory, Noon)).Order());

    [Fact]
    public void A_model_that_was_not_offered_counts_as_overtaken_by_what_was_run()
    {
        var backends = BackendPool("x 1 [b]");
        // Only b is offered, though a came before it.
        var before = Policy.Decide([Prompt(2, "b", 0)], backends, NoHistory, Noon, isPartial: true).OvertakeHistory;

        var queue = new[] { Prompt(1, "a", 0), Prompt(3, "b", 0) };
        Assert.Equal(["b3>x"], Print(Policy.Decide(queue, backends, before, Noon.AddSeconds(59), isPartial: true)));
        Assert.Equal(["a1>x"], Print(Policy.Decide(queue, backends, before, Noon.AddSeconds(60), isPartial: true)));
        Assert.Equal(["a1>x"], Print(Policy.Decide(queue, backends, before, Noon.AddSeconds(60))));
    }

    [Fact]
    public void A_prompt_without_a_model_has_the_default_one()
    {
        Assert.Equal("a:latest", Policy.ModelOf(new(1, null, 0, 0, Noon)));
        Assert.Equal("", Policy.ModelOf(new(1, "", 0, 0, Noon)));
    }

    [Fact]
    public void However_prompts_come_none_is_passed_once_the_window_is_over_or_by_one_of_a_lower_priority()
    {
        var priorities = Gen.OneOf(Gen.Const(0).Array[1], Gen.Int[0, 4].Select(one => one == 4 ? 10 : 0).Array[1, 200]);
        Gen.Select(Gen.Int[0, 3].Array[1, 200], Gen.Int[0, 3].Array[1, 200], priorities, Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 10])
            .Sample((models, gaps, priorities, backends, concurrency, seconds) =>
        {
            var run = new SimulatedRun(Policy, models, gaps, backends, concurrency,
                TimeSpan.FromSeconds(seconds))
            { Priorities = priorities };
            run.ToTheEnd();
            Assert.Equal(models.Length, run.Started.Count);
            Assert.All(run.LongestPassed(), passed => Assert.InRange(passed, TimeSpan.Zero, Policy.GroupingWindow));
            Assert.All(run.Started, started =>
                Assert.DoesNotContain(run.PassedBy(started), other => other.Prompt.Priority < started.Prompt.Priority));
        }, iter: 200);
    }

    [Fact]
    public void A_random_queue_of_four_models_is_run_with_a_fifth_of_the_loads()
    {
        var random = new Random(1);
        var models = Enumerable.Range(0, 200).Select(_ => random.Next(4)).ToArray();
        var run = new SimulatedRun(Policy, models, [0], 1, 1, TimeSpan.FromMilliseconds(500));
        run.ToTheEnd();

        var inOrder = models.Zip(models.Skip(1)).Count(pair => pair.First != pair.Second) + 1;
        Assert.InRange(run.Loads, 4, inOrder / 5);
    }
}
