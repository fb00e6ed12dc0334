using OllamaProxy.Statistics;

namespace OllamaProxy.Api.Stats;

/// <summary>What happened within a time, as clients see it.</summary>
/// <param name="Prompts">How many prompts ended with an attempt.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Errors">How many attempts failed, whether or not another one followed.</param>
/// <param name="PromptTokens">The tokens of the prompts, as Ollama counted them.</param>
/// <param name="Tokens">The tokens of the answers, as Ollama counted them.</param>
/// <param name="TokensPerSecond">How many of these came a second, over the whole time.</param>
/// <param name="OutputRate">How many came a second while answers were generated; left out where Ollama did not tell.</param>
/// <param name="WaitSeconds">The time from the submission of a prompt to its last attempt; left out where there was none.</param>
/// <param name="RunSeconds">The duration of the attempts; left out where there was none.</param>
public sealed record TrendFiguresResource(
    long Prompts, long Failed, long Errors, long PromptTokens, long Tokens, double TokensPerSecond, double? OutputRate,
    PercentilesResource? WaitSeconds, PercentilesResource? RunSeconds)
{
    /// <summary>Of a step only: when it began.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Of a step only: the most prompts that were queued at once; left out where only a part of them was asked for.</summary>
    public long? Queued { get; init; }

    /// <summary>Of a step only: the most prompts that were processing at once; left out likewise.</summary>
    public long? Processing { get; init; }

    /// <summary>Of a model only: its name.</summary>
    public string? Model { get; init; }

    /// <summary>Of a backend only: its address.</summary>
    public string? Backend { get; init; }

    /// <summary>Of a model or a backend only: how many prompts ended in each step.</summary>
    public IReadOnlyList<long>? Steps { get; init; }

    /// <summary>Makes it.</summary>
    /// <param name="figures">What happened.</param>
    /// <param name="within">Within what time.</param>
    public static TrendFiguresResource Of(TrendFigures figures, TimeSpan within) => new(
        figures.Prompts,
        figures.Failed,
        figures.Errors,
        figures.PromptTokens,
        figures.Tokens,
        within > TimeSpan.Zero ? Math.Round(figures.Tokens / within.TotalSeconds, 2) : 0,
        figures.OutputRate() is { } rate ? Math.Round(rate, 1) : null,
        PercentilesResource.Of(figures.Wait.ToPercentiles()),
        PercentilesResource.Of(figures.Run.ToPercentiles()));
}
