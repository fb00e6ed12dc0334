using OllamaProxy.Protocol;

namespace OllamaProxy.Scheduling;

/// <summary>The result of <see cref="Scheduler.Decide"/>.</summary>
/// <param name="Assignments">The prompts to run now, in this order.</param>
/// <param name="OvertakeHistory">
/// The history by group and, for each account, of <see cref="Scheduler.Others"/>, to be passed to the next decision.
/// </param>
/// <param name="Stuck">The models whose prompts no backend can be given now.</param>
/// <param name="NeedsModels">Whether there is a prompt that would be refused, had the lists of models been read after it came.</param>
public sealed record Schedule(
    IReadOnlyList<Assignment> Assignments,
    OvertakeHistories OvertakeHistory,
    IReadOnlyCollection<string> Stuck,
    bool NeedsModels)
{
    /// <summary>The counters after the accounts that came back were lifted. Nothing has been charged for the assignments.</summary>
    public TokenCounters Counters { get; init; } = TokenCounters.None;
}
