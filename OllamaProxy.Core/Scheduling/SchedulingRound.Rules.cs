namespace OllamaProxy.Scheduling;

/// <content>The rules by which the next prompt is chosen.</content>
internal sealed partial class SchedulingRound
{
    /// <summary>
    /// How much of the grouping window <see cref="FairTurn"/> leaves unplanned: all time slices together last for the window divided by
    /// this.
    /// </summary>
    private const double WindowReserve = 1.25;

    /// <summary>A prompt of a group that a rule has chosen: the group's first one, for this backend.</summary>
    private readonly record struct Candidate(AccountTurn Turn, ModelGroup Group, BackendCapacity Backend);

    /// <summary>The rules in their order: the first that finds a candidate decides.</summary>
    private Candidate? Next() => StarvationGuard() ?? FairTurn() ?? WarmModel() ?? ColdModel() ?? Fifo();

    // A "model" here is one with the options that it is loaded with: the same with others is another.

    /// <summary>Rule 1: a model with a prompt that was first overtaken a whole grouping window ago goes first.</summary>
    private Candidate? StarvationGuard() =>
        Choose((_, group, _) => group.IsOvertakenSince(_now - _policy.GroupingWindow)) is var (turn, group, backend)
            ? new(turn, FirstNotToBePassed(turn, group, backend) ?? group, backend)
            : null;

    /// <summary>
    /// Rule 2: when the loaded models of a backend have used up their time slice, the model that has been overtaken for longest goes next
    /// there. A slice is so short that every waiting model gets one within the grouping window.
    /// </summary>
    private Candidate? FairTurn()
    {
        foreach (var backend in _backends)
        {
            if (backend.Free == 0 || !IsSliceUsedUp(backend, _accounts.Sum(turn => turn.Waiting.Count)))
                continue;
            var waiting = _accounts.SelectMany(turn => turn.Waiting, (turn, group) => (Turn: turn, Group: group))
                .Where(each => each.Group.Backends.Contains(backend) && !IsLoaded(each.Group)
                    && each.Group.OvertakenSince is not null && IsTurnOf(each.Turn, each.Group, backend))
                .ToList();
            if (waiting.Count == 0 || !IsSliceUsedUp(backend, waiting.Count))
                continue;
            var (next, group) = waiting.MinBy(each => each.Group.OvertakenSince);
            return new(next, FirstNotToBePassed(next, group, backend) ?? group, backend);
        }

        return null;
    }

    /// <summary>Rule 3: a model that is loaded goes before others, on the backend that has it in memory.</summary>
    private Candidate? WarmModel() =>
        Choose((turn, group, backend) => backend.IsLoaded(group.Load) && FirstNotToBePassed(turn, group, backend) is null);

    /// <summary>Rule 4: then a model that no backend has loaded, which one of them has to load.</summary>
    private Candidate? ColdModel() =>
        Choose((turn, group, backend) => !IsLoaded(group) && FirstNotToBePassed(turn, group, backend) is null);

    /// <summary>Rule 5: then the first prompt of the queue that any backend can take.</summary>
    private Candidate? Fifo() => Choose((_, _, _) => true);

    private bool IsSliceUsedUp(BackendCapacity backend, int waiting) =>
        _now - backend.LoadedAt >= _policy.GroupingWindow / (WindowReserve * (waiting + 1));

    private bool IsLoaded(ModelGroup group) => _backends.Exists(backend => backend.IsLoaded(group.Load));

    /// <summary>
    /// The first group, of an account whose turn it is, that an allowed backend has a free slot for, with the cheapest of these backends.
    /// </summary>
    private Candidate? Choose(Func<AccountTurn, ModelGroup, BackendCapacity, bool> isAllowed)
    {
        foreach (var turn in _accounts)
        {
            foreach (var group in turn.Waiting)
            {
                BackendCapacity? best = null;
                foreach (var backend in group.Backends)
                    if (backend.Free > 0 && IsTurnOf(turn, group, backend) && isAllowed(turn, group, backend)
                        && (best is null || Cost(group, backend).CompareTo(Cost(group, best)) < 0))
                        best = backend;
                if (best is not null)
                    return new(turn, group, best);
            }
        }

        return null;

        static (int, double, int) Cost(ModelGroup group, BackendCapacity backend) =>
            (backend.IsLoaded(group.Load) ? 0 : 1, backend.Load, backend.LoadedModels);
    }

    /// <summary>
    /// The first group of the account ahead of this one that this backend could run and that must not be overtaken: one with a prompt of a
    /// higher priority or, without a grouping window, any. Null: there is none.
    /// </summary>
    private ModelGroup? FirstNotToBePassed(AccountTurn turn, ModelGroup group, BackendCapacity backend)
    {
        foreach (var other in turn.Waiting)
        {
            if (other == group)
                break;
            if ((_policy.GroupingWindow == TimeSpan.Zero || other.HasHigherBefore(group.Head!)) && other.Backends.Contains(backend))
                return other;
        }

        return null;
    }
}
