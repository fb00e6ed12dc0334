using OllamaProxy.Prompts;

namespace OllamaProxy.Statistics;

/// <summary>How the queue did within a time. Pure: made of a <see cref="QueueHistory"/>.</summary>
/// <param name="Prompts">How many prompts were completed, of those looked at.</param>
/// <param name="PromptsPerSecond">How many were completed a second.</param>
/// <param name="TokensPerSecond">How many tokens were generated a second for them, over the whole time.</param>
/// <param name="Wait">How long they waited until their last attempt; null: there were none.</param>
/// <param name="Run">How long that took; null: there were none.</param>
public sealed record ThroughputStatistics(int Prompts, double PromptsPerSecond, double TokensPerSecond, Percentiles? Wait, Percentiles? Run)
{
    /// <summary>The figures of the time that ends now.</summary>
    /// <param name="history">What happened at least within that time.</param>
    /// <param name="window">How long the time is.</param>
    /// <param name="now">When it ends.</param>
    public static ThroughputStatistics Of(QueueHistory history, TimeSpan window, DateTimeOffset now)
    {
        // Of more prompts than are looked at, the newest tell of a shorter time.
        if (history.Ended is { Count: QueueHistory.MaxPrompts } looked && now - looked[^1].CompletedAt is { Ticks: > 0 } covered && covered < window)
            window = covered;
        var completed = history.Ended.Where(prompt => prompt.Status == PromptStatus.Completed && prompt.CompletedAt > now - window).ToList();
        var ran = completed.Where(prompt => prompt.StartedAt is not null).ToList();
        return new(
            completed.Count,
            completed.Count / window.TotalSeconds,
            completed.Sum(prompt => prompt.Tokens ?? 0) / window.TotalSeconds,
            Percentiles.Of(ran.Select(prompt => prompt.StartedAt!.Value - prompt.CreatedAt)),
            Percentiles.Of(ran.Select(prompt => prompt.CompletedAt - prompt.StartedAt!.Value)));
    }
}
