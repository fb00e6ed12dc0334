using System.Collections.Immutable;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama.Backends;

/// <summary>What is known of a backend. Models go by their <see cref="ModelName.Canonical"/> names.</summary>
/// <param name="Name">Its address.</param>
/// <param name="Concurrency">How many prompts it runs at once.</param>
public sealed record BackendState(string Name, int Concurrency)
{
    /// <summary>Whether it answers, as far as is known.</summary>
    public BackendHealth Health { get; init; }

    /// <summary>Whether it answers; false also while that is not known.</summary>
    public bool IsReachable => Health is BackendHealth.Healthy or BackendHealth.Degraded;

    /// <summary>
    /// Whether it said lately that it has no room for more, or answered strangely and was away then: it is left alone for a while.
    /// </summary>
    public bool IsBusy { get; init; }

    /// <summary>The models for which alone it said so.</summary>
    public ImmutableHashSet<string> BusyModels { get; init; } = [];

    /// <summary>
    /// The models that its list names, or named when it last answered; null: nobody knows. A list is a hint: cloud models, aliases
    /// and the like run without being in it.
    /// </summary>
    public ImmutableHashSet<string>? Listed { get; init; }

    /// <summary>As of when <see cref="Listed"/> is true.</summary>
    public DateTimeOffset ListedAsOf { get; init; }

    /// <summary>The models that it ran, whatever its list says.</summary>
    public ImmutableHashSet<string> Ran { get; init; } = [];

    /// <summary>The models that it is believed to have in memory.</summary>
    public ImmutableHashSet<string> Loaded { get; init; } = [];

    /// <summary>How these are loaded; a model that is missing here is loaded in some way.</summary>
    public ImmutableDictionary<string, ModelLoad> Loads { get; init; } = ImmutableDictionary<string, ModelLoad>.Empty;

    /// <summary>
    /// The keys of which prompts can probably run without a load. Where nobody knows how a model is loaded, these are several or too few.
    /// </summary>
    internal IEnumerable<LoadKey> LoadedKeys
    {
        get
        {
            foreach (var model in Loaded)
            {
                var load = Loads.GetValueOrDefault(model, ModelLoad.Unknown);
                yield return new(model, load.Options ?? "");
                if (load is { Options: null or "", ContextLength: { } length })
                    yield return new(model, LoadOptions.OfContext(length));
            }
        }
    }

    /// <summary>When it was last given a prompt whose model it had to load, or to load again with other options.</summary>
    public DateTimeOffset LoadedAt { get; init; }

    /// <summary>The only models that the settings let it be asked for; null: all.</summary>
    public ImmutableHashSet<string>? AllowedModels { get; init; }

    /// <summary>Models that it said a moment ago it does not have, whatever its list says.</summary>
    internal ImmutableDictionary<string, MissingModel> RecentlyMissing { get; init; } = ImmutableDictionary<string, MissingModel>.Empty;

    /// <summary>Whether it had to say a moment ago that it does not have a model.</summary>
    public bool HasJustMissed { get; init; }

    /// <summary>Whether prompts can be sent there now.</summary>
    public bool IsAvailable => IsReachable && !IsBusy;

    /// <summary>Whether a prompt for this model can be sent there now.</summary>
    public bool IsAvailableFor(string model) => IsAvailable && MayHave(model) && !BusyModels.Contains(model);

    /// <summary>Whether it has this model, as far as is known.</summary>
    public bool Has(string model) => MayHave(model) && (Listed?.Contains(model) is not false || Ran.Contains(model));

    /// <summary>Whether it can be asked for this model: nothing forbids that, and it has not just said that it does not have it.</summary>
    public bool MayHave(string model) => !IsExcluded(model) && !RecentlyMissing.ContainsKey(model);

    /// <summary>Whether the settings keep this model from it; not what is empty, since who names none may be told so.</summary>
    public bool IsExcluded(string model) => model.Length > 0 && AllowedModels?.Contains(model) is false;
}
