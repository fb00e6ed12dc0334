using System.Collections.Immutable;

namespace OllamaProxy.Scheduling;

/// <summary>How many prompts of which models run somewhere.</summary>
/// <param name="Counts">By model; none is zero.</param>
/// <param name="Total">Of all models.</param>
public sealed record RunningModels(ImmutableDictionary<string, int> Counts, int Total)
{
    /// <summary>Nothing runs.</summary>
    public static readonly RunningModels None = new(ImmutableDictionary<string, int>.Empty, 0);

    /// <summary>One prompt of each of these models, as often as it is named.</summary>
    public static RunningModels Of(IEnumerable<string> models) => models.Aggregate(None, (running, model) => running.With(model));

    /// <summary>With another prompt of a model.</summary>
    public RunningModels With(string model, int count = 1) => new(Counts.SetItem(model, Counts.GetValueOrDefault(model) + count), Total + count);

    /// <summary>Without one prompt of a model, which runs.</summary>
    public RunningModels Without(string model) =>
        new(Counts[model] == 1 ? Counts.Remove(model) : Counts.SetItem(model, Counts[model] - 1), Total - 1);

    /// <summary>Together with what runs elsewhere, or for others.</summary>
    public RunningModels With(RunningModels others) => others.Counts.Aggregate(this, (running, other) => running.With(other.Key, other.Value));
}
