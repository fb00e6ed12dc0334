using System.Collections.Immutable;

namespace OllamaProxy.Scheduling;

/// <summary>How many prompts run, by model.</summary>
/// <param name="Counts">The number of prompts of each model that runs any.</param>
/// <param name="Total">The number of prompts of all models.</param>
public sealed record RunningModels(ImmutableDictionary<string, int> Counts, int Total)
{
    /// <summary>Nothing runs.</summary>
    public static readonly RunningModels None = new(ImmutableDictionary<string, int>.Empty, 0);

    /// <summary>Counts the models, each as often as it is named.</summary>
    public static RunningModels Of(IEnumerable<string> models) => models.Aggregate(None, (running, model) => running.With(model));

    /// <summary>The counts with more prompts of a model.</summary>
    public RunningModels With(string model, int count = 1) =>
        new(Counts.SetItem(model, Counts.GetValueOrDefault(model) + count), Total + count);

    /// <summary>The counts with one prompt less of a model that runs.</summary>
    public RunningModels Without(string model) =>
        new(Counts[model] == 1 ? Counts.Remove(model) : Counts.SetItem(model, Counts[model] - 1), Total - 1);

    /// <summary>The sum of both counts.</summary>
    public RunningModels With(RunningModels others) =>
        others.Counts.Aggregate(this, (running, other) => running.With(other.Key, other.Value));
}
