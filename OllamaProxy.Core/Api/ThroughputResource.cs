using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>How the queue did within a time, as clients see it.</summary>
/// <param name="Prompts">How many prompts were completed; of more than 10,000 that ended, the newest are looked at.</param>
/// <param name="PromptsPerSecond">How many were completed a second.</param>
/// <param name="TokensPerSecond">How many tokens were generated a second for them, over the whole time.</param>
/// <param name="WaitSeconds">How long they waited until their last attempt; null: there were none.</param>
/// <param name="RunSeconds">How long that took; null: there were none.</param>
public sealed record ThroughputResource(int Prompts, double PromptsPerSecond, double TokensPerSecond, PercentilesResource? WaitSeconds, PercentilesResource? RunSeconds)
{
    /// <summary>Makes it.</summary>
    public static ThroughputResource Of(ThroughputStatistics figures) => new(
        figures.Prompts,
        Math.Round(figures.PromptsPerSecond, 3),
        Math.Round(figures.TokensPerSecond, 1),
        PercentilesResource.Of(figures.Wait),
        PercentilesResource.Of(figures.Run));
}
