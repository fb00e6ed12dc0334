using OllamaProxy.Access;

namespace OllamaProxy.Scheduling;

/// <content>
/// Fairness among accounts: which of them may be served next at a backend. The rules then choose among their prompts. With one account it
/// is always its turn.
/// </content>
internal sealed partial class SchedulingRound
{
    /// <summary>The accounts with prompts to assign, in the order in which they are served.</summary>
    private readonly List<AccountTurn> _accounts = [];

    /// <summary>For each backend, the least counter of an account that may be served there. Valid until the next assignment.</summary>
    private readonly Dictionary<BackendCapacity, double> _least = [];

    /// <summary>For each backend, the first prompt of each priority that waits for it. Valid until the next assignment.</summary>
    private readonly Dictionary<BackendCapacity, SortedList<int, (long Rank, long Seq)>> _firstOfPriority = [];

    private bool _hasPriorities;

    /// <summary>Takes the groups in, and lifts the accounts that came back.</summary>
    private void BeginAccounts()
    {
        var groups = _groups.Values.Where(group => group.Head is not null).OrderBy(group => group.Head!.Key).ToList();
        var turns = new Dictionary<string, AccountTurn>();
        foreach (var group in groups)
        {
            if (!turns.TryGetValue(group.Account, out var turn))
                turns[group.Account] = turn = new(group.Account)
                {
                    Counter = _counters.CounterOf(group.Account),
                    WasWaiting = _counters.IsWaiting(group.Account),
                };
            turn.Waiting.Add(group);
        }
        _accounts.AddRange(turns.Values);
        _hasPriorities = turns.Count > 1 && groups.Min(group => group.Lowest) < groups.Max(group => group.Highest);

        foreach (var turn in _accounts)
            turn.IsAble = turn.Waiting.Exists(group => group.Backends.Exists(backend => !IsBlocked(group, backend)));
        var lifted = _accounts.FindAll(turn => turn.IsAble && !turn.WasWaiting);
        if (lifted.Count > 0)
        {
            var levels = Levels();
            foreach (var turn in lifted)
                turn.Counter = turn.Waiting.SelectMany(group => group.Backends).Select(backend => levels[backend])
                    .Append(turn.Counter).Max();
        }
        // Whose backends are away, or who waits for prompts of a higher priority, is served nothing and saves up no credit for it.
        var least = _accounts.Where(turn => turn.IsAble).Select(turn => turn.Counter).DefaultIfEmpty(double.NegativeInfinity).Min();
        foreach (var turn in _accounts.FindAll(turn => turn.WasWaiting && !turn.IsAble && turn.Counter < least))
        {
            turn.Counter = least;
            lifted.Add(turn);
        }
        _countersAfter = _counters.Begin(lifted.Select(turn => (turn.Account, turn.Counter)));
        _accounts.Sort((one, other) => one.Order.CompareTo(other.Order));
    }

    /// <summary>
    /// To which counter an account is lifted that comes back, for each backend that can run its prompts: the least one of those that have
    /// waited for the backend or, if nobody has, the highest one that was given a slot there.
    /// </summary>
    private Dictionary<BackendCapacity, double> Levels()
    {
        var levels = new Dictionary<BackendCapacity, double>();
        foreach (var turn in _accounts.Where(turn => turn.IsAble && turn.WasWaiting))
            foreach (var backend in turn.Waiting.SelectMany(group => group.Backends.Where(backend => !IsBlocked(group, backend))))
                levels[backend] = levels.TryGetValue(backend, out var least) ? Math.Min(least, turn.Counter) : turn.Counter;
        foreach (var backend in _backends)
            levels.TryAdd(backend, _counters.LevelOf(backend.State.Name));
        return levels;
    }

    /// <summary>
    /// Whether a group's account may be served next at a backend: its counter is within the fairness window of the least one, and no
    /// prompt of a higher priority that comes before waits for the backend.
    /// </summary>
    private bool IsTurnOf(AccountTurn turn, ModelGroup group, BackendCapacity backend) =>
        _accounts.Count == 1 || (turn.Counter <= LeastAt(backend) + _policy.FairnessWindow && !IsBlocked(group, backend));

    private double LeastAt(BackendCapacity backend)
    {
        if (!_least.TryGetValue(backend, out var least))
            _least[backend] = least = _accounts
                .Find(turn => turn.Waiting.Exists(group => group.Backends.Contains(backend) && !IsBlocked(group, backend)))?.Counter
                ?? double.NegativeInfinity;
        return least;
    }

    /// <summary>Whether a prompt of a higher priority that comes before a group's first one waits for the backend.</summary>
    private bool IsBlocked(ModelGroup group, BackendCapacity backend)
    {
        if (!_hasPriorities)
            return false;
        if (!_firstOfPriority.TryGetValue(backend, out var first))
            _firstOfPriority[backend] = first = FirstOfPriority(backend);
        var head = group.Head!;
        for (var index = first.Count - 1; index >= 0 && first.GetKeyAtIndex(index) > head.Priority; index--)
            if (first.GetValueAtIndex(index).CompareTo(head.Key) < 0)
                return true;
        return false;
    }

    private SortedList<int, (long Rank, long Seq)> FirstOfPriority(BackendCapacity backend)
    {
        var first = new SortedList<int, (long Rank, long Seq)>();
        foreach (var prompt in _groups.Values.Where(group => group.Backends.Contains(backend)).SelectMany(group => group.Waiting))
            if (!first.TryGetValue(prompt.Priority, out var key) || prompt.Key.CompareTo(key) < 0)
                first[prompt.Priority] = prompt.Key;
        return first;
    }

    /// <summary>Drops, for the rest of the round, the accounts of an owner of whom no more prompts may be begun.</summary>
    private void DropOwnerOf(AccountTurn full)
    {
        var owner = AccountShares.OwnerOf(full.Account);
        foreach (var group in _groups.Values.Where(group => AccountShares.OwnerOf(group.Account) == owner))
            group.Waiting.Clear();
        _accounts.RemoveAll(turn => AccountShares.OwnerOf(turn.Account) == owner);
    }

    /// <summary>Charges an account what a prompt is guessed to cost, for the rest of the round.</summary>
    private void Charge(AccountTurn turn, string model)
    {
        _least.Clear();
        _firstOfPriority.Clear();
        turn.Counter += _counters.GuessFor(turn.Account, model);
        _accounts.Remove(turn);
        if (turn.Waiting.Count == 0)
            return;
        var index = _accounts.FindIndex(other => other.Order.CompareTo(turn.Order) > 0);
        _accounts.Insert(index >= 0 ? index : _accounts.Count, turn);
    }
}
