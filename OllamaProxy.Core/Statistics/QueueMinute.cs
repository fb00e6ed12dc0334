namespace OllamaProxy.Statistics;

/// <summary>A minute of the queue. Pure: made of a <see cref="QueueHistory"/>.</summary>
/// <param name="At">When it began.</param>
/// <param name="Waiting">How many prompts waited at its end or, while it runs, wait now; null: too much has happened since to tell.</param>
/// <param name="Finished">How many ended within it, in whatever way; null: too many ended since to tell.</param>
public sealed record QueueMinute(DateTimeOffset At, long? Waiting, int? Finished)
{
    /// <summary>The last minutes, oldest first; the last one still runs.</summary>
    /// <param name="history">What happened at least within that time.</param>
    /// <param name="queued">How many prompts wait now.</param>
    /// <param name="minutes">How many minutes.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<QueueMinute> Last(QueueHistory history, long queued, int minutes, DateTimeOffset now)
    {
        var running = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute));
        var first = running.AddMinutes(1 - minutes);
        var finished = new int[minutes];
        // How much longer the queue was after a minute than it is now, as differences between one minute and the next.
        var longer = new long[minutes + 1];

        foreach (var since in history.Waiting)
            longer[IndexOf(since)]++;
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
            waiting += longer[index];
            return new QueueMinute(
                at,
                IsKnown(at.AddMinutes(1), history.EndedSince) && IsKnown(at.AddMinutes(1), history.WaitingSince) ? waiting : null,
                IsKnown(at, history.EndedSince) ? finished[index] : null);
        })];

        void CountWait(DateTimeOffset from, DateTimeOffset until)
        {
            longer[IndexOf(from)]++;
            longer[IndexOf(until)]--;
        }

        int IndexOf(DateTimeOffset at) => (int)Math.Clamp(Math.Floor((at - first).TotalMinutes), 0, minutes);

        // A list that begins later need not hold all of what happened at its very beginning.
        static bool IsKnown(DateTimeOffset at, DateTimeOffset? since) => since is null || at > since;
    }
}
