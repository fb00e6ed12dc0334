namespace OllamaProxy.Notifications;

/// <summary>Random variation of intervals, so that processes that share a store do not all look at it at the same moment.</summary>
internal static class Jitter
{
    /// <summary>A time between three quarters of an interval and the whole of it.</summary>
    public static TimeSpan Shorten(TimeSpan interval) => interval * (0.75 + (0.25 * Random.Shared.NextDouble()));
}
