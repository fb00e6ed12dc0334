using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>
/// Decides which prompt is handed back to the queue for one that waits, as a pure function: of the bulk prompts that run where the waiting
/// one would be given the slot, the one with the lowest priority, and of several the one that began last.
/// </summary>
internal static class PreemptionRule
{
    /// <summary>
    /// Chooses a prompt to hand back, and tells for which one; null: none. The schedule is decided as if the slot were free and the prompt
    /// queued again. So no prompt is handed back for one that would not be next: not if others come before it in the queue, and not if the
    /// slot would go back to the same prompt.
    /// </summary>
    /// <param name="running">The prompts that can be handed back.</param>
    /// <param name="urgent">The numbers of the prompts that have waited for too long.</param>
    /// <param name="queue">The due prompts, in the order of the queue.</param>
    /// <param name="backends">The backends. Whether they have free slots does not matter: the urgent prompts cannot use these.</param>
    /// <param name="decide">Decides a schedule.</param>
    public static (PreemptibleRun Run, QueuedPrompt Next)? Choose(
        IEnumerable<PreemptibleRun> running, IReadOnlySet<long> urgent, IReadOnlyCollection<QueuedPrompt> queue,
        IReadOnlyList<BackendLoad> backends, Func<IEnumerable<QueuedPrompt>, IReadOnlyList<BackendLoad>, Schedule> decide)
    {
        var order = running.OrderBy(run => run.Prompt.Priority).ThenByDescending(run => run.StartedAt).ToList();
        // Whichever is handed back at a backend, the same prompt is next there.
        foreach (var run in order.DistinctBy(run => run.Backend))
        {
            var schedule = decide(
                queue.Append(run.Prompt).OrderBy(prompt => prompt.Key),
                [.. backends.Select(load => load.State.Name == run.Backend ? Without(load, run) : load with { Free = 0 })]);
            if (schedule.Assignments.FirstOrDefault(assignment => !assignment.IsRefused)?.Prompt is { } next && urgent.Contains(next.Seq))
                return (run, next);
        }
        return null;
    }

    private static BackendLoad Without(BackendLoad load, PreemptibleRun run) => load with
    {
        Free = 1,
        Ordinary = int.MaxValue,
        // It may have ended a moment ago.
        Running = load.Running.Counts.ContainsKey(run.Key) ? load.Running.Without(run.Key) : load.Running,
    };
}

/// <summary>A bulk prompt that runs in this process.</summary>
/// <param name="Prompt">The prompt, as it was queued.</param>
/// <param name="Key">What it needs to be loaded.</param>
/// <param name="Backend">Where it runs.</param>
/// <param name="StartedAt">When it began, as a timestamp of the clock.</param>
internal sealed record PreemptibleRun(QueuedPrompt Prompt, LoadKey Key, string Backend, long StartedAt);
