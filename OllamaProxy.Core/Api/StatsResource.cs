using System.Text.Json.Serialization;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>How the queue has done lately, as clients see it.</summary>
/// <param name="Counts">How many prompts have each status.</param>
/// <param name="Last5Minutes">What was completed in the last five minutes.</param>
/// <param name="LastHour">What was completed in the last hour.</param>
/// <param name="Minutes">The last 60 minutes, oldest first; the last one still runs.</param>
/// <param name="Backends">How each Ollama is.</param>
public sealed record StatsResource(
    CountsResource Counts,
    [property: JsonPropertyName("last_5_minutes")] ThroughputResource Last5Minutes,
    ThroughputResource LastHour,
    IReadOnlyList<MinuteResource> Minutes,
    IReadOnlyList<BackendResource> Backends)
{
    /// <summary>How far back it looks.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromHours(1);

    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(5);

    /// <summary>Makes it.</summary>
    /// <param name="counts">How many prompts have each status now.</param>
    /// <param name="history">What happened within <see cref="Span"/>.</param>
    /// <param name="backends">How each Ollama is.</param>
    /// <param name="now">The time.</param>
    public static StatsResource Of(CountsResource counts, QueueHistory history, IReadOnlyList<BackendResource> backends, DateTimeOffset now) => new(
        counts,
        ThroughputResource.Of(ThroughputStatistics.Of(history, Lately, now)),
        ThroughputResource.Of(ThroughputStatistics.Of(history, Span, now)),
        [.. QueueMinute.Last(history, history.Queued, (int)Span.TotalMinutes, now).Select(MinuteResource.Of)],
        backends);
}
