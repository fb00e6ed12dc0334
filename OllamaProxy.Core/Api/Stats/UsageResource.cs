using OllamaProxy.Statistics;

namespace OllamaProxy.Api.Stats;

/// <summary>What was used within some days, as clients see it.</summary>
/// <param name="From">The first day, in UTC.</param>
/// <param name="To">The last day.</param>
/// <param name="Total">All of it.</param>
/// <param name="Usage">The parts of it, in the order of their days or names. Days without any are left out.</param>
public sealed record UsageResource(DateOnly From, DateOnly To, UsageSumResource Total, IReadOnlyList<UsageSumResource> Usage)
{
    /// <summary>Makes it.</summary>
    public static UsageResource Of(DateOnly from, DateOnly to, UsageKey by, IReadOnlyList<UsageSum> sums) => new(
        from, to,
        UsageSumResource.Of(null, sums.Aggregate(new UsageSum("", 0, 0, 0, 0, 0, TimeSpan.Zero), (sum, other) => sum.With(other))),
        [.. sums.Select(sum => UsageSumResource.Of(by, sum))]);
}

/// <summary>A part of what was used, as clients see it.</summary>
/// <param name="Day">The day on which the prompts ended, in UTC; left out of other sums.</param>
/// <param name="Owner">Whose they were, empty for those without an owner; left out of other sums.</param>
/// <param name="Model">Their model, empty for none; left out of other sums.</param>
/// <param name="Prompts">How many prompts ended, in whatever way.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Cancelled">How many of them were cancelled.</param>
/// <param name="PromptTokens">The tokens of the prompts, as Ollama counted them.</param>
/// <param name="Tokens">The tokens of the answers, as Ollama counted them.</param>
/// <param name="Seconds">How long the attempts took that ended them.</param>
public sealed record UsageSumResource(
    string? Day, string? Owner, string? Model, long Prompts, long Failed, long Cancelled, long PromptTokens, long Tokens, double Seconds)
{
    /// <summary>Makes it; without a key: of all.</summary>
    public static UsageSumResource Of(UsageKey? by, UsageSum sum) => new(
        by == UsageKey.Day ? sum.Key : null, by == UsageKey.Owner ? sum.Key : null, by == UsageKey.Model ? sum.Key : null,
        sum.Prompts, sum.Failed, sum.Cancelled, sum.PromptTokens, sum.Tokens, Math.Round(sum.Time.TotalSeconds, 3));
}
