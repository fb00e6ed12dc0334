using System.Collections.Immutable;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>
/// Decides which prompt goes to which backend next. Pure: the same in gives the same out. A prompt goes where its model is known
/// to be or, where that is nowhere, to each backend in turn; first where the model is loaded; then where least runs. Prompts for a
/// model that is loaded go before others, so that A B A B becomes A A B B, within bounds: nothing overtakes a prompt of a higher priority, or one that was first
/// overtaken as long ago as the grouping window is.
/// </summary>
/// <param name="GroupingWindow">For how long a prompt may be overtaken.</param>
/// <param name="WaitForModel">Whether a prompt whose model no backend has waits for it; else it fails.</param>
/// <param name="DefaultModel">The model of prompts that name none.</param>
public sealed record Scheduler(TimeSpan GroupingWindow, bool WaitForModel, string DefaultModel)
{
    /// <summary>By this name, which no model has, goes the history of the models that were not offered.</summary>
    public const string Others = "*";

    /// <summary>Decides.</summary>
    /// <param name="prompts">The first due prompts of each model that is offered, in the order of the queue.</param>
    /// <param name="backends">The backends.</param>
    /// <param name="overtaken">What the last decision said of that.</param>
    /// <param name="now">The time.</param>
    /// <param name="isPartial">Whether there are due prompts of models that are not offered.</param>
    public Schedule Decide(
        IEnumerable<QueuedPrompt> prompts, IReadOnlyList<BackendLoad> backends, ImmutableDictionary<string, OvertakeHistory> overtaken, DateTimeOffset now, bool isPartial = false)
    {
        var round = new SchedulingRound(this, backends, overtaken, now, isPartial);
        foreach (var prompt in prompts)
            round.Add(prompt, ModelOf(prompt));
        return round.Decide();
    }

    /// <summary>The canonical name of a prompt's model; empty for a call that names none, which may go anywhere.</summary>
    public string ModelOf(QueuedPrompt prompt) => ModelName.Canonical(prompt.Model ?? DefaultModel);
}
