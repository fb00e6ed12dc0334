using OllamaProxy.Scheduling;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Scheduling;

public sealed class FairnessTests
{
    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a");
    private static readonly string[] Models = ["a", "b", "c", "d"];

    public static TheoryData<int> Seeds => LongRuns.Cases(Enumerable.Range(1, 4), Enumerable.Range(5, 8));

    public static TheoryData<int> FewSeeds => LongRuns.Cases([1], [2, 3]);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_two_accounts_are_served_while_both_wait_differs_by_no_more_than_the_bound(int seed)
    {
        var random = new Random(seed);
        var weights = Accounts(random.Next(2, 6)).ToDictionary(account => account, _ => (double)random.Next(1, 4));
        var run = new FairRun(Policy, random.Next(1, 4), Machines(random.Next(1, 3))) { WeightOf = account => weights[account] };
        Submit(run, random, [.. weights.Keys]);
        for (var second = 0; second < 6000; second += random.Next(1, 300))
            run.BeAway("0", second, random.Next(30));
        run.Run();
        AssertFair(run, weights.Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_the_rule_who_asks_for_long_answers_gets_the_machine(bool isFair)
    {
        var run = new FairRun(Policy, 1, Machines(1)) { IsBlind = !isFair };
        for (var prompt = 0; prompt < 100; prompt++)
        {
            run.Add(0, "long", "a", 3000);
            run.Add(0, "short", "a", 100);
        }
        run.Run();
        Assert.Equal(isFair, run.LargestGap("long", "short") <= run.Bound);
    }

    [Theory]
    [MemberData(nameof(FewSeeds))]
    public void A_window_of_two_loads_keeps_most_of_the_grouping(int seed)
    {
        var (without, with) = (LoadsWith(0), LoadsWith(4000));
        Assert.True(with < without / 2, $"{without} loads without a window, {with} with it.");

        int LoadsWith(int window)
        {
            // So long a grouping window that fairness alone has models loaded.
            var run = new FairRun(Policy with { FairnessWindow = window, GroupingWindow = TimeSpan.FromHours(2) }, 1, Machines(1));
            var random = new Random(seed);
            foreach (var (account, length) in new[] { ("long", 1500), ("short", 100), ("middling", 500) })
                for (var prompt = 0; prompt < 150_000 / length; prompt++)
                    run.Add(random.NextDouble(), account, Models[random.Next(Models.Length)], (length / 2) + random.Next(length));
            run.Run();
            return run.Loads;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nobody_saves_up_credit_while_nothing_of_theirs_waits(int seed)
    {
        var random = new Random(seed);
        var run = new FairRun(Policy, random.Next(1, 3), Machines(1));
        for (var prompt = 0; prompt < 400; prompt++)
            run.Add(0, "busy", "a", random.Next(100, 2000));
        // Both come back again and again, after a while in which the other has had the machine.
        foreach (var (start, account) in new[] { (0, "idle"), (600, "idle"), (900, "new"), (1500, "idle"), (1500, "new") })
            for (var prompt = 0; prompt < 20; prompt++)
                run.Add(start + random.NextDouble(), account, "a", random.Next(100, 2000));
        run.Run();
        AssertFair(run, ["busy", "idle", "new"]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void One_prompt_waits_for_one_prompt_a_slot_and_the_window_whatever_others_have_queued(int concurrency, int machines)
    {
        var run = new FairRun(Policy, concurrency, Machines(machines));
        for (var prompt = 0; prompt < 10_000; prompt++)
            run.Add(0, "many", Models[prompt % 2], 1000);
        run.Add(500, "one", "c", 1000);
        run.Run(untilSecond: 1000);

        var waiting = run.Samples.Where(sample => sample.Waiting.Contains("one")).Select(sample => sample.Served["many"]).ToList();
        Assert.Contains(run.Started, started => started.Prompt.Account == "one");
        Assert.InRange(waiting[^1] - waiting[0], 0, (concurrency * machines * 1000) + Policy.FairnessWindow);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_restart_changes_nothing_of_it(int seed)
    {
        var random = new Random(seed);
        var run = new FairRun(Policy, 2, Machines(1));
        string[] accounts = ["long", "short", "middling"];
        Submit(run, random, accounts);
        for (var second = 100; second < 3000; second += 300)
        {
            run.Run(second);
            run.Restart();
        }
        run.Run();
        AssertFair(run, accounts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4000)]
    public void Where_a_model_is_on_some_backends_only_each_account_gets_all_it_can_without_taking_from_one_with_less(double window)
    {
        var policy = Policy with { FairnessWindow = window };
        // Two accounts share what has a; the third has the other backend to itself, and must not get more by coming to the first as well.
        var apart = new FairRun(policy, 1, ("x", ["a", "b"]), ("y", ["b"]));
        // Here the two that can go anywhere leave most of x to the one that cannot: all get the same.
        var together = new FairRun(policy, 1, ("x", ["a", "b"]), ("y", ["b"]));
        for (var prompt = 0; prompt < 1000; prompt++)
        {
            foreach (var (account, model, cost) in new[] { ("f", "a", 300), ("g", "a", 900), ("anywhere", "b", 500) })
                apart.Add(0, account, model, cost);
            foreach (var (account, model, cost) in new[] { ("f", "a", 300), ("anywhere", "b", 500), ("too", "b", 700) })
                together.Add(0, account, model, cost);
        }
        apart.Run(untilSecond: 2000);
        together.Run(untilSecond: 2000);

        Assert.InRange(Math.Abs(apart.Served("f") - apart.Served("g")), 0, apart.Bound);
        Assert.True(apart.Served("anywhere") > 1.5 * apart.Served("f"));
        // The bound is for accounts that can use the same backends. Others are compared with each other by way of a third.
        Assert.InRange(together.LargestGap("anywhere", "too"), 0, together.Bound);
        Assert.InRange(together.LargestGap("f", "anywhere"), 0, 2 * together.Bound);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_account_passes_an_earlier_prompt_of_a_higher_priority(int seed)
    {
        var random = new Random(seed);
        var run = new FairRun(Policy, 2, Machines(1));
        for (var prompt = 0; prompt < 300; prompt++)
            run.Add(random.Next(2000), $"account {random.Next(4)}", Models[random.Next(4)], random.Next(1, 2000),
                priority: random.Next(3) switch { 0 => 10, 1 => 0, _ => -10 });
        run.Run();

        Assert.Equal(300, run.Started.Count);
        foreach (var (index, (prompt, at)) in run.Started.Index())
            Assert.DoesNotContain(run.Started.Skip(index + 1), later => later.Prompt.CreatedAt < at
                && later.Prompt.Priority > prompt.Priority && later.Prompt.Key.CompareTo(prompt.Key) < 0);
    }

    [Fact]
    public void An_account_with_long_answers_is_guessed_to_need_much_and_corrected_at_the_end()
    {
        var counters = TokenCounters.None.Charge("long", "a", "x", out var first);
        Assert.Equal(1, first.Amount);
        counters = counters.Settle(first, 1000, isTypical: true);
        Assert.Equal(1000, counters.CounterOf("long"));

        counters = counters.Charge("long", "a", "x", out var second);
        Assert.Equal(2000, counters.CounterOf("long"));
        Assert.Equal(1000, counters.Settle(second, 0, isTypical: false).CounterOf("long"));
        Assert.Equal(1500, counters.Settle(second, 500, isTypical: true).CounterOf("long"));
        // Nobody else's answers are known yet.
        Assert.Equal(1000, counters.GuessFor("new", "a"));
        Assert.Equal(1, counters.GuessFor("new", "b"));
    }

    /// <summary>Random prompts: each account has its own length of answers and its own pauses; some fail or are cancelled.</summary>
    private static void Submit(FairRun run, Random random, IReadOnlyList<string> accounts)
    {
        foreach (var (index, account) in accounts.Index())
        {
            var (length, second) = (new[] { 3000, 100, 1000, 300, 2000 }[index], 0.0);
            for (var prompt = 0; prompt < 60_000 / length; prompt++)
            {
                if (random.Next(60) == 0)
                    second += random.Next(600);
                var cost = (length / 2) + random.Next(length);
                run.Add(second, account, Models[random.Next(Models.Length)], cost,
                    failsAt: random.Next(10) == 0 ? random.Next(cost) : null,
                    cancelledAfter: random.Next(10) == 0 ? random.Next(600) : null);
            }
        }
    }

    private static void AssertFair(FairRun run, IReadOnlyCollection<string> accounts)
    {
        foreach (var (one, other) in Pairs([.. accounts]))
            Assert.InRange(run.LargestGap(one, other), 0, run.Bound);
    }

    private static IEnumerable<(string One, string Other)> Pairs(IReadOnlyList<string> accounts) => accounts
        .SelectMany((one, index) => accounts.Skip(index + 1), (one, other) => (one, other));

    private static IEnumerable<string> Accounts(int count) => Enumerable.Range(0, count).Select(index => $"account {index}");

    private static (string, string[])[] Machines(int count) => [.. Enumerable.Range(0, count).Select(index => ($"{index}", Models))];
}
