using System.Collections.Immutable;
using OllamaProxy.Protocol;

namespace OllamaProxy.Scheduling;

/// <summary>How many prompts run, by what they need to be loaded.</summary>
/// <param name="Counts">The number of prompts of each key that runs any.</param>
/// <param name="Total">The number of all prompts.</param>
public sealed record RunningModels(ImmutableDictionary<LoadKey, int> Counts, int Total)
{
    /// <summary>Nothing runs.</summary>
    public static readonly RunningModels None = new(ImmutableDictionary<LoadKey, int>.Empty, 0);

    /// <summary>Counts the keys, each as often as it is there.</summary>
    public static RunningModels Of(IEnumerable<LoadKey> keys) => keys.Aggregate(None, (running, key) => running.With(key));

    /// <summary>The counts with more prompts of a key.</summary>
    public RunningModels With(LoadKey key, int count = 1) =>
        new(Counts.SetItem(key, Counts.GetValueOrDefault(key) + count), Total + count);

    /// <summary>The counts with one prompt less of a key that runs.</summary>
    public RunningModels Without(LoadKey key) =>
        new(Counts[key] == 1 ? Counts.Remove(key) : Counts.SetItem(key, Counts[key] - 1), Total - 1);

    /// <summary>The sum of both counts.</summary>
    public RunningModels With(RunningModels others) =>
        others.Counts.Aggregate(this, (running, other) => running.With(other.Key, other.Value));
}
