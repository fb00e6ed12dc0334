using System.Collections.Immutable;

namespace OllamaProxy.Ollama;

/// <summary>What is known of a backend. Models go by their <see cref="ModelName.Canonical"/> names.</summary>
/// <param name="Name">Its address.</param>
/// <param name="Concurrency">How many prompts it runs at once.</param>
public sealed record BackendState(string Name, int Concurrency)
{
    /// <summary>Whether it answers; false also while that is not known.</summary>
    public bool IsUp { get; init; }

    /// <summary>Whether it is known to be away.</summary>
    public bool IsAway { get; init; }

    /// <summary>Whether it answers, but has failed several prompts in a row lately: others are to be preferred.</summary>
    public bool IsTroubled { get; init; }

    /// <summary>The models that it has, or had when it last answered; null: nobody knows, so that it may have any.</summary>
    public ImmutableHashSet<string>? Installed { get; init; }

    /// <summary>As of when <see cref="Installed"/> is true.</summary>
    public DateTimeOffset InstalledAsOf { get; init; }

    /// <summary>The models that it is believed to have in memory.</summary>
    public ImmutableHashSet<string> Loaded { get; init; } = [];

    /// <summary>When it was last given a prompt whose model it had not in memory.</summary>
    public DateTimeOffset LoadedAt { get; init; }

    /// <summary>The only models that the settings let it be asked for; null: all.</summary>
    public ImmutableHashSet<string>? Only { get; init; }

    /// <summary>Models that it said a moment ago it does not have, whatever its list says.</summary>
    public ImmutableHashSet<string> Missing { get; init; } = [];

    /// <summary>Whether it can be asked for this model, as far as is known.</summary>
    public bool Has(string model) => !IsExcluded(model) && !Lacks(model);

    /// <summary>Whether it would say, as far as is known, that it does not have this model.</summary>
    public bool Lacks(string model) => Installed?.Contains(model) is false || Missing.Contains(model);

    /// <summary>Whether the settings keep this model from it; not what is empty, since who names none may be told so.</summary>
    public bool IsExcluded(string model) => model.Length > 0 && Only?.Contains(model) is false;
}
