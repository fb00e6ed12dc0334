namespace OllamaProxy.Prompts;

/// <summary>How much an owner may use; null each: as much as they like.</summary>
public sealed record OwnerLimits
{
    /// <summary>Everything is allowed.</summary>
    public static readonly OwnerLimits None = new();

    /// <summary>How many prompts they may submit in a minute. A batch counts as many as it has.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>How many tokens of prompts and answers they may use in a minute. They count when a prompt ends.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>The same for a day (UTC).</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>How many of their prompts may be queued.</summary>
    public long? MaxQueued { get; init; }

    /// <summary>How many of their prompts may run at a time. The others wait.</summary>
    public int? MaxRunning { get; init; }

    /// <summary>The highest priority of their prompts: a higher one is lowered to it.</summary>
    public int? MaxPriority { get; init; }

    /// <summary>The canonical names of the models that they may use.</summary>
    public IReadOnlySet<string>? Models { get; init; }

    /// <summary>Whether a submission has to be counted.</summary>
    public bool AreCounted => (RequestsPerMinute ?? TokensPerMinute ?? TokensPerDay ?? MaxQueued) is not null;

    /// <summary>How many prompts one submission can have at most.</summary>
    public long? MostAtOnce => (RequestsPerMinute, MaxQueued) is ({ } requests, { } queued) ? Math.Min(requests, queued)
        : RequestsPerMinute ?? MaxQueued;

    /// <summary>A priority, or the highest one that they may have.</summary>
    public int Cap(int priority) => Math.Min(priority, MaxPriority ?? priority);

    /// <summary>Whether they may use a model.</summary>
    /// <param name="model">Its canonical name; empty: none is named.</param>
    public bool Allows(string model) => Models is null || model.Length == 0 || Models.Contains(model);
}
