namespace OllamaProxy.Statistics;

/// <summary>The statistics of one minute of the queue, computed from a <see cref="QueueHistory"/>.</summary>
/// <param name="At">When the minute began.</param>
/// <param name="Waiting">
/// How many prompts were queued at its end or, in the current minute, are queued now; null: the history is too short to tell.
/// </param>
/// <param name="Finished">How many prompts ended within it, successfully or not; null: the history is too short to tell.</param>
public sealed record QueueMinute(DateTimeOffset At, long? Waiting, int? Finished)
{
    /// <summary>Computes the last minutes, oldest first, with the current minute as the last one.</summary>
    /// <param name="history">The history, which covers at least these minutes.</param>
    /// <param name="queued">How many prompts are queued now.</param>
    /// <param name="minutes">How many minutes.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<QueueMinute> Last(QueueHistory history, long queued, int minutes, DateTimeOffset now)
    {
        var running = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute));
        var first = running.AddMinutes(1 - minutes);
        var finished = new int[minutes];
        // How the queue's length changed in each minute. The last element takes what happened after the last minute.
        var changes = new long[minutes + 1];

        foreach (var since in history.Waiting)
            changes[IndexOf(since)]++;
        foreach (var prompt in history.Running)
            CountWait(prompt.QueuedAt, prompt.StartedAt);
        foreach (var prompt in history.Ended)
        {
            CountWait(prompt.QueuedAt, prompt.StartedAt ?? prompt.CompletedAt);
            if (prompt.CompletedAt >= first)
                finished[Math.Min(IndexOf(prompt.CompletedAt), minutes - 1)]++;
        }

        var waiting = queued - history.Waiting.Count;
        return [.. Enumerable.Range(0, minutes).Select(index =>
        {
            var at = first.AddMinutes(index);
            waiting += changes[index];
            return new QueueMinute(
                at,
                IsKnown(at.AddMinutes(1), history.EndedSince) && IsKnown(at.AddMinutes(1), history.WaitingSince) ? waiting : null,
                IsKnown(at, history.EndedSince) ? finished[index] : null);
        })];

        void CountWait(DateTimeOffset from, DateTimeOffset until)
        {
            changes[IndexOf(from)]++;
            changes[IndexOf(until)]--;
        }

        int IndexOf(DateTimeOffset at) => (int)Math.Clamp(Math.Floor((at - first).TotalMinutes), 0, minutes);

        // A list that was cut may lack some of what happened at the very time of its oldest entry.
        static bool IsKnown(DateTimeOffset at, DateTimeOffset? since) => since is null || at > since;
    }
}
