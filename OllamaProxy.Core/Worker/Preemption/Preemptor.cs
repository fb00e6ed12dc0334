using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Live;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker.Preemption;

/// <summary>
/// Hands bulk prompts that run in this process back to the queue, so that interactive ones need not wait for them longer than a second
/// (<c>OLLAMA_PROXY_PREEMPTION</c>). It looks when the drain does; attempts begin and end on many threads.
/// </summary>
public sealed class Preemptor(OllamaProxyOptions options, TimeProvider time, ILogger<Preemptor> logger)
{
    /// <summary>How long an interactive prompt waits for a slot before one is made free for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<PreemptibleAttempt> _running = [];

    /// <summary>When prompts were handed back, by their numbers: they are spared for the grouping window.</summary>
    private readonly Dictionary<long, long> _handedBack = [];

    /// <summary>Since when interactive prompts have been seen waiting, by their numbers.</summary>
    private Dictionary<long, long> _waiting = [];
    private long? _nextSince;

    /// <summary>How long until another prompt has waited for too long; null: none waits.</summary>
    public TimeSpan? UntilDue => _nextSince is { } since && HasRunning
        ? Patience - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero
        : null;

    private bool HasRunning
    {
        get
        {
            lock (_lock)
                return _running.Count > 0;
        }
    }

    /// <summary>Takes note of an attempt, until what is returned is disposed of; null: it is none that can be handed back.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="model">The canonical name of its model.</param>
    /// <param name="backend">Where it runs.</param>
    /// <param name="text">What the model says.</param>
    /// <param name="response">The answer to a call; null: the prompt was submitted.</param>
    /// <param name="stop">Stops the attempt, so that it is handed back.</param>
    internal IDisposable? Begin(
        ClaimedPrompt prompt, string model, string backend, AttemptOutput text, ResponseBuffer? response, CancellationTokenSource stop)
    {
        if (!options.Preemption || prompt.Queued is not { } queued || !queued.IsBulk)
            return null;
        var run = new PreemptibleRun(queued, new(model, prompt.LoadOptions), backend, time.GetTimestamp());
        var attempt = new PreemptibleAttempt(prompt.Id, run, text, response, stop, End);
        lock (_lock)
            _running.Add(attempt);
        return attempt;
    }

    /// <summary>Returns whether it is time to look, only once each time.</summary>
    internal bool TryTakeDue()
    {
        if (UntilDue != TimeSpan.Zero)
            return false;
        _nextSince = null;
        return true;
    }

    /// <summary>
    /// Looks at what waits since no slot is free for it, and hands a prompt back if an interactive one has waited for too long. Each gets
    /// another second then before the next is handed back for it.
    /// </summary>
    /// <param name="queue">The due prompts that were not given a slot.</param>
    /// <param name="choose">Chooses a prompt to hand back for one of those with these numbers, and tells for which one.</param>
    internal void Look(
        IReadOnlyList<QueuedPrompt> queue,
        Func<IEnumerable<PreemptibleRun>, IReadOnlySet<long>, (PreemptibleRun Run, QueuedPrompt Next)?> choose)
    {
        if (!options.Preemption)
            return;
        var now = time.GetTimestamp();
        _waiting = queue.Where(prompt => !prompt.IsBulk)
            .ToDictionary(prompt => prompt.Seq, prompt => _waiting.GetValueOrDefault(prompt.Seq, now));
        var urgent = _waiting.Where(each => time.GetElapsedTime(each.Value, now) >= Patience).Select(each => each.Key).ToHashSet();
        if (urgent.Count > 0 && TryHandBack(runs => choose(runs, urgent), now) is { } served)
            _waiting[served.Seq] = now;
        var left = _waiting.Values.Where(since => time.GetElapsedTime(since, now) < Patience).ToList();
        _nextSince = left.Count > 0 ? left.Min() : null;
    }

    /// <summary>Hands the chosen prompt back, and returns for which one; null: none.</summary>
    private QueuedPrompt? TryHandBack(
        Func<IEnumerable<PreemptibleRun>, (PreemptibleRun Run, QueuedPrompt Next)?> choose, long now)
    {
        List<PreemptibleAttempt> able;
        lock (_lock)
            able = [.. _running.Where(attempt => attempt.CanBeHandedBack && !IsSpared(attempt, now))];
        if (able.Count == 0 || choose(able.Select(attempt => attempt.Run)) is not var (run, next))
            return null;
        var chosen = able.Find(attempt => attempt.Run == run)!;
        lock (_lock)
        {
            // It may have ended meanwhile.
            if (!_running.Contains(chosen) || !chosen.TryHandBack())
                return null;
            foreach (var (seq, at) in _handedBack)
                if (time.GetElapsedTime(at, now) >= options.GroupingWindow)
                    _handedBack.Remove(seq);
            _handedBack[run.Prompt.Seq] = now;
        }
        logger.PromptPreempted(chosen.Id, run.Backend, next.Priority);
        return next;
    }

    private bool IsSpared(PreemptibleAttempt attempt, long now) =>
        _handedBack.TryGetValue(attempt.Run.Prompt.Seq, out var at) && time.GetElapsedTime(at, now) < options.GroupingWindow;

    private void End(PreemptibleAttempt attempt)
    {
        lock (_lock)
            _running.Remove(attempt);
    }
}
