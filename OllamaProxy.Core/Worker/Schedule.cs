using System.Collections.Immutable;

namespace OllamaProxy.Worker;

/// <summary>What a <see cref="Scheduler"/> decided.</summary>
/// <param name="Assignments">What is to be run now, in this order.</param>
/// <param name="Overtaken">By model, who has been overtaken with that, and <see cref="Scheduler.Others"/>: to be handed in the next time.</param>
public sealed record Schedule(IReadOnlyList<Assignment> Assignments, ImmutableDictionary<string, Overtaken> Overtaken);
