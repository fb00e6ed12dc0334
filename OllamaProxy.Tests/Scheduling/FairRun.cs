using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;
using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>
/// A machine that several accounts share, simulated event by event: prompts arrive, are generated token by token after their model has been
/// loaded, fail or are cancelled. After each event it asserts that no slot is left free that a prompt could use.
/// </summary>
internal sealed class FairRun(Scheduler policy, int concurrency, params (string Backend, string[] Models)[] backends)
{
    /// <summary>How much is served in a second, by <see cref="TokenCost"/>.</summary>
    public const double Rate = 100;

    /// <summary>How long a model is being loaded: as long as 2,000 tokens take.</summary>
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(20);

    private readonly PriorityQueue<Action, (DateTimeOffset At, int Order)> _events = new();
    private readonly List<Waiting> _queue = [];
    private readonly List<Running> _running = [];
    private readonly Dictionary<string, (string Model, DateTimeOffset At)> _loaded =
        backends.ToDictionary(backend => backend.Backend, _ => ("", default(DateTimeOffset)));
    private readonly Dictionary<string, double> _served = [];
    private readonly List<ServedPrompt> _ended = [];
    private readonly HashSet<string> _away = [];
    private OvertakeHistories _overtaken = NoHistory;
    private TokenCounters _counters = TokenCounters.None;
    private DateTimeOffset _now = Noon;
    private int _added;

    /// <summary>The weights of the accounts.</summary>
    public Func<string, double> WeightOf { get; init; } = _ => 1;

    /// <summary>Whether the scheduler is not told whose prompts are.</summary>
    public bool IsBlind { get; init; }

    /// <summary>After each event: what each account has been served over its weight, and who has prompts waiting.</summary>
    public List<(DateTimeOffset At, Dictionary<string, double> Served, HashSet<string> Waiting)> Samples { get; } = [];

    /// <summary>The prompts in the order in which they were started.</summary>
    public List<(QueuedPrompt Prompt, DateTimeOffset At)> Started { get; } = [];

    /// <summary>How often a backend had to load a model.</summary>
    public int Loads { get; private set; }

    /// <summary>The most that a prompt cost over its account's weight.</summary>
    public double CostliestPrompt { get; private set; }

    /// <summary>The bound of the gap between two accounts: 2 (S x C_max + T).</summary>
    public double Bound => 2 * ((concurrency * backends.Length * CostliestPrompt) + policy.FairnessWindow);

    /// <param name="second">When the prompt arrives.</param>
    /// <param name="account">Whose it is.</param>
    /// <param name="model">Its model.</param>
    /// <param name="cost">What it costs; see <see cref="TokenCost"/>.</param>
    /// <param name="priority">Its priority.</param>
    /// <param name="failsAt">How much of it is generated before its first attempt fails; null: it succeeds.</param>
    /// <param name="cancelledAfter">After how many seconds it is cancelled; null: never.</param>
    public void Add(
        double second, string account, string model, double cost, int priority = 0, double? failsAt = null, double? cancelledAfter = null)
    {
        CostliestPrompt = Math.Max(CostliestPrompt, cost / WeightOf(account));
        _served.TryAdd(account, 0);
        var at = Noon.AddSeconds(second);
        var seq = ++_added;
        var rank = QueueRank.Of(at, priority, QueueRank.DefaultAgeingStep);
        var prompt = new QueuedPrompt(seq, $"{model}:latest", rank, priority, at) { Account = account };
        At(at, () => _queue.Add(new(prompt, cost, failsAt)));
        if (cancelledAfter is { } seconds)
            At(at.AddSeconds(seconds), () => Cancel(seq));
    }

    /// <summary>From this second on a backend begins nothing for a while.</summary>
    public void BeAway(string backend, double second, double seconds)
    {
        At(Noon.AddSeconds(second), () => _away.Add(backend));
        At(Noon.AddSeconds(second + seconds), () => _away.Remove(backend));
    }

    /// <summary>Runs until this second, or until nothing is left to do.</summary>
    public void Run(double untilSecond = double.PositiveInfinity)
    {
        if (_counters == TokenCounters.None)
            _counters = new(WeightOf);
        while (_events.TryPeek(out _, out var next) && (next.At - Noon).TotalSeconds <= untilSecond)
        {
            Serve(next.At);
            while (_events.TryPeek(out _, out var same) && same.At == next.At)
                _events.Dequeue()();
            Decide();
            Samples.Add((_now, new(_served.Select(each => KeyValuePair.Create(each.Key, each.Value / WeightOf(each.Key)))),
                [.. _queue.Select(waiting => waiting.Prompt.Account)]));
        }
    }

    /// <summary>Starts the program anew: what runs is handed back, and what it knew is computed from what has ended.</summary>
    public void Restart()
    {
        foreach (var running in _running.ToList())
        {
            _running.Remove(running);
            _queue.Add(running.Prompt);
        }
        var waiting = _queue.GroupBy(each => each.Prompt.Account, (account, prompts) =>
            (account, prompts.Min(each => each.Prompt.CreatedAt)));
        _counters = CounterReplay.Replay(new(WeightOf), _ended, waiting, policy.DefaultModel);
        _overtaken = NoHistory;
        At(_now, () => { });
    }

    /// <summary>The largest gap between what two accounts were served in a time in which both had prompts waiting.</summary>
    public double LargestGap(string one, string other)
    {
        var (largest, least, most, areWaiting) = (0.0, 0.0, 0.0, false);
        foreach (var (_, served, waiting) in Samples)
        {
            var difference = served[one] - served[other];
            (least, most) = areWaiting ? (Math.Min(least, difference), Math.Max(most, difference)) : (difference, difference);
            largest = Math.Max(largest, most - least);
            areWaiting = waiting.Contains(one) && waiting.Contains(other);
        }
        return largest;
    }

    /// <summary>What an account was served, over its weight.</summary>
    public double Served(string account) => _served[account] / WeightOf(account);

    private void At(DateTimeOffset at, Action what) => _events.Enqueue(what, (at, _events.Count));

    private void Serve(DateTimeOffset until)
    {
        foreach (var running in _running)
        {
            var served = Math.Min(Math.Max((until - running.GeneratesFrom).TotalSeconds * Rate, 0), running.Length);
            _served[running.Prompt.Prompt.Account] += served - running.Served;
            running.Served = served;
        }
        _now = until;
    }

    private void Cancel(int seq)
    {
        _queue.RemoveAll(waiting => waiting.Prompt.Seq == seq);
        if (_running.Find(running => running.Prompt.Prompt.Seq == seq) is { } running)
            End(running);
    }

    private void End(Running running)
    {
        if (!_running.Remove(running))
            return;
        var (prompt, cost, failsAt) = running.Prompt;
        _counters = _counters.Settle(running.Charge, Math.Max(TokenCost.Least, running.Served), isTypical: running.Served >= cost);
        _ended.Add(new(prompt.Account, prompt.Model, prompt.CreatedAt, running.StartedAt, (long)running.Served, 0));
        if (failsAt is not null && running.Served < cost)
            At(_now.AddSeconds(1), () => _queue.Add(new(prompt, cost, null)));
    }

    private void Decide()
    {
        IReadOnlyList<Assignment> assignments;
        do
        {
            var loads = backends.Select(LoadOf).ToList();
            var first = _queue.Select(waiting => IsBlind ? waiting.Prompt with { Account = "" } : waiting.Prompt)
                .OrderBy(prompt => prompt.Key)
                .GroupBy(prompt => (prompt.Account, prompt.Model)).SelectMany(group => group.Take(loads.Sum(load => load.Free) + 1))
                .OrderBy(prompt => prompt.Key);
            _counters = _counters.KeepWaiting([.. _queue.Select(waiting => waiting.Prompt.Account)]);
            var schedule = policy.Decide(first, loads, _overtaken, _now, counters: _counters);
            (_overtaken, _counters, assignments) = (schedule.OvertakeHistory, schedule.Counters, schedule.Assignments);
            foreach (var assignment in assignments)
                Start(assignment);
        }
        while (assignments.Count > 0);

        foreach (var (backend, models) in backends)
            Assert.True(_away.Contains(backend) || _running.Count(running => running.Backend == backend) == concurrency
                || !_queue.Exists(waiting => models.Contains(waiting.Prompt.Model!.Split(':')[0])), "A slot is free that could be used.");
    }

    private BackendLoad LoadOf((string Name, string[] Models) backend)
    {
        var running = _running.Where(each => each.Backend == backend.Name).Select(each => (LoadKey)each.Prompt.Prompt.Model!).ToList();
        var (model, at) = _loaded[backend.Name];
        return new(
            new(backend.Name, concurrency)
            {
                Health = _away.Contains(backend.Name) ? BackendHealth.Unreachable : BackendHealth.Healthy,
                Listed = [.. backend.Models.Select(each => $"{each}:latest")],
                Loaded = [model],
                LoadedAt = at,
            },
            concurrency - running.Count, RunningModels.Of(running));
    }

    private void Start(Assignment assignment)
    {
        var waiting = _queue.Find(each => each.Prompt.Seq == assignment.Prompt.Seq)!;
        _queue.Remove(waiting);
        Started.Add((waiting.Prompt, _now));
        _counters = _counters.Charge(assignment.Prompt.Account, assignment.Model, assignment.Backend, out var charge);
        var isLoaded = _loaded[assignment.Backend].Model == assignment.Model;
        if (!isLoaded)
        {
            Loads++;
            _loaded[assignment.Backend] = (assignment.Model, _now);
        }
        var running = new Running(waiting, assignment.Backend, charge, _now, isLoaded ? _now : _now + LoadTime);
        _running.Add(running);
        At(running.GeneratesFrom.AddSeconds(running.Length / Rate), () => End(running));
    }

    private sealed record Waiting(QueuedPrompt Prompt, double Cost, double? FailsAt);

    private sealed record Running(
        Waiting Prompt, string Backend, TokenCharge Charge, DateTimeOffset StartedAt, DateTimeOffset GeneratesFrom)
    {
        public double Length => Prompt.FailsAt ?? Prompt.Cost;

        public double Served { get; set; }
    }
}
