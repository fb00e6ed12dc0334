namespace OllamaProxy.Scheduling;

/// <content>
/// The slots that are reserved for prompts of a priority above 0. They are given away last, when the ordinary slots are taken, and then to
/// those prompts alone, by the same rules. The others wait meanwhile where they stand: they could not have had these slots.
/// </content>
internal sealed partial class SchedulingRound
{
    /// <summary>Opens the reserved slots, and leaves only those prompts that may use them. False: none of these slots is free.</summary>
    private bool TryOpenReserved()
    {
        if (_backends.FindAll(backend => backend.TryOpenReserved()).Count == 0)
            return false;
        foreach (var group in _groups.Values)
            group.DropOrdinary();
        foreach (var turn in _accounts)
            turn.RestartWithout(group => group.Head is null);
        _accounts.RemoveAll(turn => turn.Waiting.Count == 0);
        _accounts.Sort((one, other) => one.Order.CompareTo(other.Order));
        _least.Clear();
        _firstOfPriority.Clear();
        return true;
    }
}
