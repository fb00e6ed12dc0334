using OllamaProxy.Configuration;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>
/// Decides which prompt goes to which backend next, as a pure function. A prompt goes to a backend that is known to have its model or, if
/// none is, to one that has not said that it lacks it; preferably one that has the model loaded, then the one with the least load. Prompts
/// whose model is loaded overtake others, so that A B A B becomes A A B B, but only prompts of no higher priority, and each only for the
/// grouping window. Prompts for which Ollama would load a model again, with other options, count as those of another model. Of several
/// accounts the one that has been served least goes first, except that one within the fairness window of it goes before it if that saves
/// the loading of a model. The rules are in <see cref="SchedulingRound"/>.
/// </summary>
/// <param name="GroupingWindow">How long a prompt may be overtaken.</param>
/// <param name="WaitForModel">Whether a prompt whose model no backend has waits for it; otherwise it fails.</param>
/// <param name="DefaultModel">The model of prompts that name none.</param>
public sealed record Scheduler(TimeSpan GroupingWindow, bool WaitForModel, string DefaultModel)
{
    /// <summary>The key, in the history, of an account's groups that were not offered. No model has this name.</summary>
    public static readonly LoadKey Others = "*";

    /// <summary>By how many tokens an account may be served ahead of the others because its model is loaded.</summary>
    public double FairnessWindow { get; init; } = 4000;

    /// <summary>The hours in which bulk prompts may start; null: at any time.</summary>
    public BulkHours? BulkHours { get; init; }

    /// <summary>Whether bulk prompts have to wait at this time.</summary>
    public bool HoldsBulk(DateTimeOffset now) => BulkHours?.IsOpen(now) is false;

    /// <summary>Assigns due prompts to free slots.</summary>
    /// <param name="prompts">The first due prompts of each group that is offered, in the order of the queue.</param>
    /// <param name="backends">The backends.</param>
    /// <param name="overtaken">The history of the last decision; see <see cref="Schedule.OvertakeHistory"/>.</param>
    /// <param name="now">The time.</param>
    /// <param name="isPartial">Whether there are due prompts of groups that are not offered.</param>
    /// <param name="counters">What each account has been served; null: nobody has been.</param>
    /// <param name="room">How many more prompts of each owner may be begun; null: of all as many as there are.</param>
    public Schedule Decide(
        IEnumerable<QueuedPrompt> prompts,
        IReadOnlyList<BackendLoad> backends,
        OvertakeHistories overtaken,
        DateTimeOffset now,
        bool isPartial = false,
        TokenCounters? counters = null,
        OwnerRoom? room = null)
    {
        var round = new SchedulingRound(
            this, backends, overtaken, counters ?? TokenCounters.None, room ?? OwnerRoom.Unlimited, now, isPartial);
        foreach (var prompt in prompts)
            round.Add(prompt, KeyOf(prompt));
        return round.Decide();
    }

    /// <summary>What a prompt needs to be loaded: prompts of one account and key are one group.</summary>
    public LoadKey KeyOf(QueuedPrompt prompt) => new(ModelOf(prompt), prompt.LoadOptions);

    /// <summary>The canonical name of a prompt's model; empty for a call that names none, which any backend may take.</summary>
    public string ModelOf(QueuedPrompt prompt) => ModelName.Canonical(prompt.Model ?? DefaultModel);
}
