namespace OllamaProxy.Prompts;

/// <summary>
/// The order of the queue: prompts run by ascending rank, and with equal ranks in order of arrival. The rank is the time of arrival minus
/// one ageing step (<c>OLLAMA_PROXY_AGEING_SECONDS</c>) per point of priority. So a prompt that has waited long enough stays ahead of every
/// new one, whatever its priority.
/// </summary>
public static class QueueRank
{
    /// <summary>How much earlier one point of priority makes a prompt rank, unless the settings say otherwise.</summary>
    public static readonly TimeSpan DefaultAgeingStep = TimeSpan.FromSeconds(300);

    /// <summary>The lowest priority that a prompt can have.</summary>
    public const int LowestPriority = -100;

    /// <summary>The highest priority that a prompt can have.</summary>
    public const int HighestPriority = 100;

    /// <summary>Whether a priority is one of bulk prompts, which give way to all others: one under 0.</summary>
    public static bool IsBulk(int priority) => priority < 0;

    /// <summary>The rank of a prompt that is queued now, in milliseconds since 1970. It stays the same for retries.</summary>
    public static long Of(DateTimeOffset arrival, int priority, TimeSpan ageingStep) =>
        arrival.ToUnixTimeMilliseconds() - (priority * (long)ageingStep.TotalMilliseconds);

    /// <summary>
    /// The time of arrival that a rank was computed from, provided that the ageing step was the same then. A time outside the calendar
    /// becomes 1970.
    /// </summary>
    public static DateTimeOffset ArrivalOf(long rank, int priority, TimeSpan ageingStep) =>
        rank + (priority * (long)ageingStep.TotalMilliseconds) is >= 0 and <= MaxMilliseconds and var arrival
            ? DateTimeOffset.FromUnixTimeMilliseconds(arrival) : DateTimeOffset.UnixEpoch;

    /// <summary>The last millisecond of the year 9999.</summary>
    private const long MaxMilliseconds = 253_402_300_799_999;
}
