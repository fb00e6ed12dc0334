using System.Collections.Immutable;

namespace OllamaProxy.Scheduling;

/// <summary>What a <see cref="Scheduler"/> decided.</summary>
/// <param name="Assignments">What is to be run now, in this order.</param>
/// <param name="OvertakeHistory">By model, who has been overtaken with that, and <see cref="Scheduler.Others"/>: to be handed in the next time.</param>
/// <param name="Stuck">The models that cannot be asked for anywhere now.</param>
/// <param name="NeedsModels">Whether there is a prompt that would be refused by lists that are older than it.</param>
public sealed record Schedule(
    IReadOnlyList<Assignment> Assignments, ImmutableDictionary<string, OvertakeHistory> OvertakeHistory, IReadOnlyCollection<string> Stuck, bool NeedsModels);
