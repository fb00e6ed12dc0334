namespace OllamaProxy.Prompts;

/// <summary>A minute of the queue. Pure: made of a <see cref="QueueHistory"/>.</summary>
/// <param name="At">When it began.</param>
/// <param name="Waiting">How many prompts waited at its end or, while it runs, wait now.</param>
/// <param name="Finished">How many ended within it, in whatever way.</param>
public sealed record QueueMinute(DateTimeOffset At, long Waiting, int Finished)
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

        foreach (var createdAt in history.Waiting)
            longer[IndexOf(createdAt)]++;
        foreach (var prompt in history.Running)
            CountWait(prompt.CreatedAt, prompt.StartedAt);
        foreach (var prompt in history.Ended)
        {
            CountWait(prompt.CreatedAt, prompt.StartedAt ?? prompt.CompletedAt);
            if (prompt.CompletedAt >= first)
                finished[Math.Min(IndexOf(prompt.CompletedAt), minutes - 1)]++;
        }

        var submittedEarlier = queued - history.Waiting.Count;
        var waiting = submittedEarlier;
        return [.. Enumerable.Range(0, minutes).Select(index => new QueueMinute(first.AddMinutes(index), waiting += longer[index], finished[index]))];

        void CountWait(DateTimeOffset from, DateTimeOffset until)
        {
            longer[IndexOf(from)]++;
            longer[IndexOf(until)]--;
        }

        int IndexOf(DateTimeOffset at) => (int)Math.Clamp(Math.Floor((at - first).TotalMinutes), 0, minutes);
    }
}
