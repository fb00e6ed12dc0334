using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>A scheduler at work on a clock of its own: prompts come, run for the same time each, and end.</summary>
internal sealed class SimulatedRun
{
    private readonly Scheduler _policy;
    private readonly TimeSpan _runTime;
    private readonly int[] _models;
    private readonly int[] _gaps;
    private readonly List<QueuedPrompt> _coming = [];
    private readonly List<QueuedPrompt> _queue = [];
    private readonly List<(DateTimeOffset EndsAt, string Backend, string Model)> _running = [];
    private readonly int _concurrency;
    private readonly Dictionary<string, (string Model, DateTimeOffset At)> _loaded;
    private OvertakeHistories _overtaken = SchedulerNotation.NoHistory;
    private DateTimeOffset _now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <param name="policy">The scheduler.</param>
    /// <param name="models">The prompts' models, as numbers.</param>
    /// <param name="gaps">How many seconds pass before each, again and again.</param>
    /// <param name="backends">How many backends there are; each has all models and holds one in memory.</param>
    /// <param name="concurrency">How many prompts run at once on each.</param>
    /// <param name="runTime">How long each prompt runs.</param>
    public SimulatedRun(Scheduler policy, int[] models, int[] gaps, int backends, int concurrency, TimeSpan runTime)
    {
        (_policy, _concurrency, _runTime) = (policy, concurrency, runTime);
        _loaded = Enumerable.Range(0, backends).ToDictionary(backend => $"{backend}", _ => ("", default(DateTimeOffset)));
        (_models, _gaps) = (models, gaps);
    }

    /// <summary>The prompts' priorities, again and again.</summary>
    public int[] Priorities { get; init; } = [0];

    /// <summary>The prompts in the order in which they were started, and when that was.</summary>
    public List<(QueuedPrompt Prompt, DateTimeOffset At)> Started { get; } = [];

    /// <summary>How often a backend was given a model that it had not in memory.</summary>
    public int Loads { get; private set; }

    public void ToTheEnd()
    {
        var at = _now;
        foreach (var (index, model) in _models.Index())
        {
            at += TimeSpan.FromSeconds(_gaps[index % _gaps.Length]);
            var priority = Priorities[index % Priorities.Length];
            _coming.Add(new(index, $"m{model}:latest", QueueRank.Of(at, priority, QueueRank.DefaultAgeingStep), priority, at));
        }
        while (_coming.Count + _queue.Count + _running.Count > 0)
        {
            _queue.AddRange(_coming.Where(prompt => prompt.CreatedAt <= _now));
            _coming.RemoveAll(prompt => prompt.CreatedAt <= _now);
            _running.RemoveAll(run => run.EndsAt <= _now);
            Start();
            var next = _running.Select(run => run.EndsAt).Concat(_coming.Select(prompt => prompt.CreatedAt)).DefaultIfEmpty(_now).Min();
            Assert.True(next > _now || _queue.Count == 0, "Prompts wait although nothing runs.");
            _now = next;
        }
    }

    /// <summary>For each prompt, how long after another had first passed it the last one did.</summary>
    public IEnumerable<TimeSpan> LongestPassed() => Started.Select(one =>
    {
        var passing = PassedBy(one).Select(other => other.At).ToList();
        return passing.Count == 0 ? TimeSpan.Zero : passing.Max() - passing.Min();
    });

    /// <summary>What was behind a prompt in the queue, and was started before it.</summary>
    public IEnumerable<(QueuedPrompt Prompt, DateTimeOffset At)> PassedBy((QueuedPrompt Prompt, DateTimeOffset At) one) => Started
        .TakeWhile(other => other.Prompt != one.Prompt)
        .Where(other => other.At >= one.Prompt.CreatedAt && other.Prompt.Key.CompareTo(one.Prompt.Key) > 0);

    private void Start()
    {
        var loads = _loaded.Keys.Select(backend =>
        {
            var running = _running.Where(run => run.Backend == backend).Select(run => run.Model).ToList();
            return new BackendLoad(new(backend, _concurrency)
            {
                Health = BackendHealth.Healthy,
                Loaded = [_loaded[backend].Model],
                LoadedAt = _loaded[backend].At
            }, _concurrency - running.Count, RunningModels.Of(running.Select(model => (LoadKey)model)));
        }).ToList();
        var first = _queue.OrderBy(prompt => prompt.Key).GroupBy(prompt => prompt.Model)
            .SelectMany(model => model.Take(loads.Sum(load => load.Free) + 1));
        var schedule = _policy.Decide(first, loads, _overtaken, _now);
        _overtaken = schedule.OvertakeHistory;
        foreach (var assignment in schedule.Assignments)
        {
            _queue.Remove(assignment.Prompt);
            _running.Add((_now + _runTime, assignment.Backend, assignment.Model));
            Started.Add((assignment.Prompt, _now));
            if (_loaded[assignment.Backend].Model == assignment.Model)
                continue;
            Loads++;
            _loaded[assignment.Backend] = (assignment.Model, _now);
        }
    }
}
