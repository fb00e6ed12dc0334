using System.Text.Json.Serialization;
using OllamaProxy.Api.Models;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Api.Queue;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Statistics;

namespace OllamaProxy.Api.Stats;

/// <summary>How the queue has done lately, as clients see it.</summary>
/// <param name="Counts">How many prompts have each status.</param>
/// <param name="Last5Minutes">What was completed in the last five minutes.</param>
/// <param name="LastHour">What was completed in the last hour.</param>
/// <param name="Minutes">The last 60 minutes, oldest first; the last one still runs.</param>
/// <param name="Backends">How each Ollama is.</param>
/// <param name="Queue">What an operator has paused.</param>
/// <param name="Running">
/// The prompts that are processing, the oldest attempt first, at most 100. Whoever is no admin is told of none.
/// </param>
public sealed record StatsResource(
    CountsResource Counts,
    [property: JsonPropertyName("last_5_minutes")] ThroughputResource Last5Minutes,
    ThroughputResource LastHour,
    IReadOnlyList<MinuteResource> Minutes,
    IReadOnlyList<BackendResource> Backends,
    QueueResource Queue,
    IReadOnlyList<RunningResource> Running)
{
    /// <summary>How far back it looks.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromHours(1);

    private const int MaxRunning = 100;

    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(5);

    /// <summary>The same for those who need not know which backends there are.</summary>
    public StatsResource WithoutBackends() => this with { Backends = [], Queue = Queue with { PausedBackends = [] }, Running = [] };

    /// <summary>Makes it.</summary>
    /// <param name="counts">How many prompts have each status now.</param>
    /// <param name="history">What happened within <see cref="Span"/>.</param>
    /// <param name="backends">How each Ollama is.</param>
    /// <param name="queue">What is paused.</param>
    /// <param name="now">The time.</param>
    public static StatsResource Of(CountsResource counts, QueueHistory history, IReadOnlyList<BackendResource> backends,
        QueueResource queue, DateTimeOffset now) => new(
        counts,
        ThroughputResource.Of(ThroughputStatistics.Of(history, Lately, now)),
        ThroughputResource.Of(ThroughputStatistics.Of(history, Span, now)),
        [.. QueueMinute.Last(history, history.Queued, (int)Span.TotalMinutes, now).Select(MinuteResource.Of)],
        backends,
        queue,
        [.. history.Running.OrderBy(prompt => prompt.StartedAt).Take(MaxRunning).Select(RunningResource.Of)]);
}

/// <summary>A prompt that is processing, as operators see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Model">Its model; left out where it names none.</param>
/// <param name="Owner">The name of the key that it came with; left out where it came without one.</param>
/// <param name="Backend">Where it runs; left out where it has just ended there.</param>
/// <param name="Attempt">The number of its attempt, from 1.</param>
/// <param name="StartedAt">When that was started.</param>
public sealed record RunningResource(Guid Id, string? Model, string? Owner, string? Backend, int Attempt, DateTimeOffset StartedAt)
{
    /// <summary>Makes it.</summary>
    public static RunningResource Of(RunningPrompt prompt) =>
        new(prompt.Id, prompt.Model, prompt.Owner, prompt.Backend, prompt.Attempt, prompt.StartedAt);
}

/// <summary>How the queue did within a time, as clients see it.</summary>
/// <param name="Prompts">How many prompts were completed; of more than 10,000 that ended, the newest are looked at.</param>
/// <param name="PromptsPerSecond">How many were completed a second.</param>
/// <param name="TokensPerSecond">How many tokens were generated a second for them, over the whole time.</param>
/// <param name="WaitSeconds">How long they waited until their last attempt; null: there were none.</param>
/// <param name="RunSeconds">How long that took; null: there were none.</param>
public sealed record ThroughputResource(int Prompts, double PromptsPerSecond, double TokensPerSecond, PercentilesResource? WaitSeconds,
    PercentilesResource? RunSeconds)
{
    /// <summary>Makes it.</summary>
    public static ThroughputResource Of(ThroughputStatistics figures) => new(
        figures.Prompts,
        Math.Round(figures.PromptsPerSecond, 3),
        Math.Round(figures.TokensPerSecond, 1),
        PercentilesResource.Of(figures.Wait),
        PercentilesResource.Of(figures.Run));
}

/// <summary>How long something takes, in seconds, as clients see it.</summary>
/// <param name="Median">Half of the times are no longer.</param>
/// <param name="P95">95 of a hundred are no longer.</param>
public sealed record PercentilesResource(double Median, double P95)
{
    /// <summary>Makes it; null of nothing.</summary>
    public static PercentilesResource? Of(Percentiles? spread) =>
        spread is null ? null : new(Math.Round(spread.Median.TotalSeconds, 3), Math.Round(spread.P95.TotalSeconds, 3));
}

/// <summary>A minute of the queue, as clients see it.</summary>
/// <param name="At">When it began.</param>
/// <param name="Waiting">How many prompts waited at its end or, while it runs, wait now; left out where too much has happened since
/// to tell.</param>
/// <param name="Finished">How many ended within it, in whatever way; left out where too many ended since to tell.</param>
public sealed record MinuteResource(DateTimeOffset At, long? Waiting, int? Finished)
{
    /// <summary>Makes it.</summary>
    public static MinuteResource Of(QueueMinute minute) => new(minute.At, minute.Waiting, minute.Finished);
}

/// <summary>How an Ollama server is, as clients see it.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Concurrency">How many prompts it runs at once.</param>
/// <param name="Reserved">How many of these are reserved for prompts of a priority above 0.</param>
/// <param name="Reachable">Whether it answers.</param>
/// <param name="Version">Its version; null unless it tells it in time.</param>
/// <param name="LoadedModels">The models in its memory.</param>
/// <param name="Error">Why it cannot be asked; null if it can.</param>
public sealed record BackendResource(string Url, int Concurrency, int Reserved, bool Reachable, string? Version,
    IReadOnlyList<LoadedModelResource> LoadedModels, string? Error)
{
    /// <summary>Of one that answers.</summary>
    public static BackendResource Of(Backend backend, string? version, IEnumerable<OllamaModel> loaded) =>
        new(backend.Name, backend.Concurrency, backend.Reserved, true, version, [.. loaded.Select(LoadedModelResource.Of)], null);

    /// <summary>Of one that does not.</summary>
    public static BackendResource Of(Backend backend, OllamaException failure) =>
        new(backend.Name, backend.Concurrency, backend.Reserved, false, null, [], failure.Message);
}
