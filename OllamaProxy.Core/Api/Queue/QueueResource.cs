using OllamaProxy.Worker;

namespace OllamaProxy.Api.Queue;

/// <summary>What an operator has paused, as clients see it.</summary>
/// <param name="Paused">Whether no prompt is begun.</param>
/// <param name="Draining">Whether no prompt is accepted.</param>
/// <param name="PausedModels">The models of which no prompt is begun, by their full names.</param>
/// <param name="PausedBackends">The addresses of the backends on which no prompt is begun.</param>
public sealed record QueueResource(
    bool Paused, bool Draining, IReadOnlyList<string> PausedModels, IReadOnlyList<string> PausedBackends)
{
    /// <summary>Makes it.</summary>
    public static QueueResource Of(PauseState pauses) => new(
        pauses.IsQueuePaused, pauses.IsDraining, [.. pauses.Models.Order(StringComparer.Ordinal)],
        [.. pauses.Backends.Order(StringComparer.Ordinal)]);
}
