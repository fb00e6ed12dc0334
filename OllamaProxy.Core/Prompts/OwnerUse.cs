namespace OllamaProxy.Prompts;

/// <summary>What an owner has used of what <see cref="OwnerLimits"/> limit, with the submission that asks.</summary>
/// <param name="At">The time, in UTC.</param>
/// <param name="Submitted">How many prompts the submission has.</param>
/// <param name="Queued">How many of their prompts are queued. On PostgreSQL some are not counted once there are too many.</param>
/// <param name="Requests">The prompts that they submitted.</param>
/// <param name="Tokens">The tokens of their prompts that ended.</param>
/// <param name="TokensToday">The same for the day (UTC).</param>
public sealed record OwnerUse(DateTimeOffset At, long Submitted, long Queued, MinuteUse Requests, MinuteUse Tokens, long TokensToday)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>The minute of a time, as a number.</summary>
    public static long MinuteOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / 60;

    /// <summary>How each limit stands.</summary>
    public IEnumerable<LimitState> Against(OwnerLimits limits)
    {
        if (limits.RequestsPerMinute is { } requests)
            yield return new("requests-per-minute", "prompts a minute", requests, Minute, Requests.At(At), UntilMinuteEnds,
                (Requests with { Now = Requests.Now - Submitted }).UntilAtMost(requests - Submitted, At));
        // What is used up is known only afterwards: the next prompt is refused, and not the one that used up the rest.
        if (limits.TokensPerMinute is { } tokens)
            yield return new("tokens-per-minute", "tokens a minute", tokens, Minute, Tokens.At(At) + 1, UntilMinuteEnds,
                Tokens.UntilAtMost(tokens - 1, At));
        if (limits.TokensPerDay is { } daily)
            yield return new("tokens-per-day", "tokens a day", daily, TimeSpan.FromDays(1), TokensToday + 1, UntilDayEnds, UntilDayEnds);
        if (limits.MaxQueued is { } queued)
            yield return new("queued", "prompts that wait", queued, null, Queued, null, null);
    }

    private TimeSpan UntilMinuteEnds => DateTimeOffset.FromUnixTimeSeconds((MinuteOf(At) + 1) * 60) - At;

    private TimeSpan UntilDayEnds => new DateTimeOffset(At.UtcDateTime.Date.AddDays(1), TimeSpan.Zero) - At;
}

/// <summary>
/// What was used in this minute and in the one before. A sliding window of a minute is estimated from both, as if what was used in the
/// minute before had been used evenly.
/// </summary>
/// <param name="Before">In the minute before.</param>
/// <param name="Now">In this minute so far.</param>
public readonly record struct MinuteUse(long Before, long Now)
{
    private const long Milliseconds = 60_000;

    /// <summary>What was used in the sixty seconds before a time of this minute. In whole numbers, so that SQL computes the same.</summary>
    public long At(DateTimeOffset time) => Now + (Before * (Milliseconds - Passed(time)) / Milliseconds);

    /// <summary>How long until no more than this counts, if nothing else is used until then.</summary>
    public TimeSpan UntilAtMost(long most, DateTimeOffset time)
    {
        var passed = (double)Passed(time) / Milliseconds;
        var minutes = Now <= most ? Falls(Before, most - Now) - passed : 1 - passed + Falls(Now, most);
        return TimeSpan.FromMinutes(Math.Max(0, minutes));
    }

    /// <summary>After which part of a minute no more than <paramref name="most"/> counts of what was used in the one before.</summary>
    private static double Falls(long before, long most) => before <= most ? 0 : 1 - ((double)Math.Max(0, most) / before);

    private static long Passed(DateTimeOffset time) => time.ToUnixTimeMilliseconds() % Milliseconds;
}

/// <summary>How a limit stands.</summary>
/// <param name="Name">Its name in the header <c>RateLimit</c>.</param>
/// <param name="Unit">What it limits, in words.</param>
/// <param name="Quota">The limit.</param>
/// <param name="Window">For how long it is; null: it is for what is there at a time.</param>
/// <param name="Used">What was used, with the submission that asks.</param>
/// <param name="ResetIn">When what is left is another amount, if nothing else is used; null: nobody can tell.</param>
/// <param name="FreeIn">When the submission would not exceed it; null: nobody can tell.</param>
public sealed record LimitState(
    string Name, string Unit, long Quota, TimeSpan? Window, long Used, TimeSpan? ResetIn, TimeSpan? FreeIn)
{
    /// <summary>Whether the submission exceeds it.</summary>
    public bool IsExceeded => Used > Quota;

    /// <summary>What is left after the submission.</summary>
    public long Remaining => Math.Max(0, Quota - Used);
}
