using OllamaProxy.Callbacks;
using OllamaProxy.Notifications;

namespace OllamaProxy.Webhooks;

/// <summary>
/// When a delivery that failed is tried again: after 5 s, 20 s, 80 s and so on up to four hours, each shortened at random, until a day has
/// passed, and at the end of that day for the last time.
/// </summary>
internal static class WebhookBackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(4);
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    /// <summary>How long to wait; null: it is given up.</summary>
    /// <param name="delivery">The delivery, with the attempt that failed.</param>
    /// <param name="retryAfter">How long the receiver wants to be left alone.</param>
    /// <param name="now">The time.</param>
    public static TimeSpan? After(Delivery delivery, TimeSpan? retryAfter, DateTimeOffset now)
    {
        var left = delivery.CreatedAt + Patience - now;
        if (left <= TimeSpan.Zero)
            return null;
        var delay = Jitter.Shorten(Lesser(First * Math.Pow(4, Math.Min(delivery.Attempts - 1, 10)), Longest));
        if (retryAfter > delay)
            delay = Lesser(retryAfter.Value, Longest);
        return Lesser(delay, left);
    }

    private static TimeSpan Lesser(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
