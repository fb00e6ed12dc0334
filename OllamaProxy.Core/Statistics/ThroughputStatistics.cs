using OllamaProxy.Prompts;

namespace OllamaProxy.Statistics;

/// <summary>The throughput of the queue over a time window, computed from a <see cref="QueueHistory"/>.</summary>
/// <param name="Prompts">How many prompts were completed.</param>
/// <param name="PromptsPerSecond">How many prompts were completed per second.</param>
/// <param name="TokensPerSecond">How many tokens were generated for them per second of the window.</param>
/// <param name="Wait">The time from the submission to the start of the last attempt; null: no prompt was completed.</param>
/// <param name="Run">The duration of the last attempt; null: no prompt was completed.</param>
public sealed record ThroughputStatistics(int Prompts, double PromptsPerSecond, double TokensPerSecond, Percentiles? Wait, Percentiles? Run)
{
    /// <summary>Computes the statistics of a window that ends now.</summary>
    /// <param name="history">The history, which covers at least the window.</param>
    /// <param name="window">The length of the window.</param>
    /// <param name="now">The time.</param>
    public static ThroughputStatistics Of(QueueHistory history, TimeSpan window, DateTimeOffset now)
    {
        // Where the history was cut, it covers a shorter time.
        if (history.Ended is { Count: QueueHistory.MaxPrompts } ended
            && now - ended[^1].CompletedAt is { Ticks: > 0 } covered && covered < window)
            window = covered;
        var completed = history.Ended
            .Where(prompt => prompt.Status == PromptStatus.Completed && prompt.CompletedAt > now - window)
            .ToList();
        var ran = completed.Where(prompt => prompt.StartedAt is not null).ToList();
        return new(
            completed.Count,
            completed.Count / window.TotalSeconds,
            completed.Sum(prompt => prompt.Tokens ?? 0) / window.TotalSeconds,
            Percentiles.Of(ran.Select(prompt => prompt.StartedAt!.Value - prompt.CreatedAt)),
            Percentiles.Of(ran.Select(prompt => prompt.CompletedAt - prompt.StartedAt!.Value)));
    }
}
