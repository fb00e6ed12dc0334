using System.Collections.Immutable;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Storage;

/// <summary>What a worker wants to know about the queue. Models are named by their canonical names.</summary>
/// <param name="PerModel">How many of the first due prompts of each model to return at most, at least 1.</param>
/// <param name="Worker">The worker that asks. Prompts whose <see cref="ClientLease"/> names another worker are left out.</param>
public sealed record SnapshotTerms(int PerModel, Guid Worker)
{
    /// <summary>How many models are offered because their prompts come first, whether or not a backend has them.</summary>
    public int FirstModels { get; init; } = 8;

    /// <summary>Models that are not offered just because their prompts come first: no backend can be given them at the moment.</summary>
    public IReadOnlySet<string> PassedOver { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>
    /// For each backend with a free slot, the models that it is known to have. Where these are too many, those whose prompts come first are
    /// offered.
    /// </summary>
    public IReadOnlyList<IReadOnlySet<string>> ModelsWithRoom { get; init; } = [];

    /// <summary>
    /// What is loaded on a backend with a free slot. More prompts of this are returned, since they are likely to run next.
    /// </summary>
    public IReadOnlySet<LoadKey> Loaded { get; init; } = ImmutableHashSet<LoadKey>.Empty;

    /// <summary>
    /// Whether slots are reserved for prompts of a priority above 0: the first of these are then offered also behind others of their group.
    /// </summary>
    public bool HasReservedSlots { get; init; }

    /// <summary>Whether bulk prompts are held back: they count as not due, so that their accounts do not wait for them.</summary>
    public bool HoldsBulk { get; init; }

    /// <summary>Of how many accounts prompts are offered at most; what is loaded, of as many that want it.</summary>
    public int Accounts { get; init; } = 64;

    /// <summary>What an account has been served: prompts are offered of the accounts with the least. Safe for many threads.</summary>
    public Func<string, double> CounterOf { get; init; } = _ => 0;

    /// <summary>By how much an account may have been served more than another for its loaded models to be offered as well.</summary>
    public double FairnessWindow { get; init; }

    /// <summary>How long ago the store may have looked for writes of other processes.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(1);
}
