namespace OllamaProxy.Statistics;

/// <summary>Which usage is summed up, and by what.</summary>
/// <param name="From">The first day, in UTC.</param>
/// <param name="To">The last day.</param>
/// <param name="By">By what it is summed up.</param>
/// <param name="Owner">Only that of this owner; null: of all.</param>
public sealed record UsageQuery(DateOnly From, DateOnly To, UsageKey By, string? Owner);

/// <summary>By what usage is summed up.</summary>
public enum UsageKey
{
    /// <summary>The day on which the prompts ended, in UTC.</summary>
    Day,

    /// <summary>Their owner.</summary>
    Owner,

    /// <summary>Their model.</summary>
    Model,
}

/// <summary>What was used.</summary>
/// <param name="Key">The day as <c>2026-02-21</c>, or the owner or the model; empty: nobody in particular, or no model.</param>
/// <param name="Prompts">How many prompts ended, in whatever way. One that is retried and ends again counts again.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Cancelled">How many of them were cancelled.</param>
/// <param name="PromptTokens">The tokens of the prompts, as Ollama counted them.</param>
/// <param name="Tokens">The tokens of the answers, as Ollama counted them.</param>
/// <param name="Time">How long the attempts took that ended them.</param>
public sealed record UsageSum(
    string Key, long Prompts, long Failed, long Cancelled, long PromptTokens, long Tokens, TimeSpan Time)
{
    /// <summary>Both together, under the key of this one.</summary>
    public UsageSum With(UsageSum other) => new(Key, Prompts + other.Prompts, Failed + other.Failed, Cancelled + other.Cancelled,
        PromptTokens + other.PromptTokens, Tokens + other.Tokens, Time + other.Time);
}
