using System.Collections.Immutable;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>What a worker wants to know of the queue.</summary>
/// <param name="PerModel">How many of each model's first due prompts are wanted, at least 1.</param>
/// <param name="Worker">Who asks: prompts whose <see cref="ClientLease"/> names another worker are left out.</param>
public sealed record SnapshotTerms(int PerModel, Guid Worker)
{
    /// <summary>Of how many models the first prompts are offered because they come first, whether or not a backend is known to have them.</summary>
    public int FirstModels { get; init; } = 8;

    /// <summary>The canonical names of models that are passed over there.</summary>
    public IReadOnlySet<string> PassedOver { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>
    /// For each backend that has room, the canonical names of the models that it is known to have. Of more models than can be
    /// offered, the first of these are, and the first of all.
    /// </summary>
    public IReadOnlyList<IReadOnlySet<string>> ModelsWithRoom { get; init; } = [];

    /// <summary>The canonical names of the models that are loaded there, of which the next prompts are likely to be. Of many others fewer prompts are offered.</summary>
    public IReadOnlySet<string> LoadedModels { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>How long ago the store may have looked last for what other processes wrote.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(1);
}
