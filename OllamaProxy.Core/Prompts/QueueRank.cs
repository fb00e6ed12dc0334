namespace OllamaProxy.Prompts;

/// <summary>
/// The order of the queue: lower ranks run first, and equal ones in order of arrival. A priority is a head start of an ageing
/// step (<c>OLLAMA_PROXY_AGEING_SECONDS</c>) a point, so that whatever waits long enough is passed by nothing new.
/// </summary>
public static class QueueRank
{
    /// <summary>How much earlier one point of priority makes a prompt seem to have arrived, unless the settings say otherwise.</summary>
    public static readonly TimeSpan DefaultAgeingStep = TimeSpan.FromSeconds(300);

    /// <summary>The lowest priority that a prompt can have.</summary>
    public const int LowestPriority = -100;

    /// <summary>The highest priority that a prompt can have.</summary>
    public const int HighestPriority = 100;

    /// <summary>The rank, in milliseconds since 1970, of a prompt that is queued now. It is fixed then, and kept by retries.</summary>
    public static long Of(DateTimeOffset arrival, int priority, TimeSpan ageingStep) =>
        arrival.ToUnixTimeMilliseconds() - (priority * (long)ageingStep.TotalMilliseconds);

    /// <summary>When a prompt of this rank was queued, as far as the ageing step was the same then. A time that no calendar has is 1970.</summary>
    public static DateTimeOffset ArrivalOf(long rank, int priority, TimeSpan ageingStep) =>
        rank + (priority * (long)ageingStep.TotalMilliseconds) is >= 0 and <= MaxMilliseconds and var arrival
            ? DateTimeOffset.FromUnixTimeMilliseconds(arrival) : DateTimeOffset.UnixEpoch;

    /// <summary>The last millisecond of the year 9999.</summary>
    private const long MaxMilliseconds = 253_402_300_799_999;
}
