using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>
/// One decision of a <see cref="Scheduler"/>: groups the due prompts by account and by what they need to be loaded, and assigns one after
/// the other to a backend, of the accounts whose turn it is by the rules in <see cref="Next"/>, until no slot is free or no rule applies.
/// </summary>
internal sealed partial class SchedulingRound
{
    /// <summary>The resolution of <see cref="OvertakeHistory"/>, as a fraction of the grouping window.</summary>
    private const int StepsPerWindow = 64;

    /// <summary>A list of models of this age counts as current, even for a prompt that is younger than the list.</summary>
    private static readonly TimeSpan ListTolerance = TimeSpan.FromSeconds(1);

    /// <summary>How many prompts one round refuses at most: each costs two writes.</summary>
    private const int MaxRefusals = 32;

    /// <summary>The most accounts for which the histories of those that are not offered are kept as well.</summary>
    private const int MaxAccounts = 4096;

    private readonly Scheduler _policy;
    private readonly DateTimeOffset _now;
    private readonly List<BackendCapacity> _backends;
    private readonly Dictionary<GroupKey, ModelGroup> _groups = [];
    private readonly Dictionary<string, List<BackendCapacity>> _backendsOf = [];

    private readonly List<Assignment> _assignments = [];
    private readonly List<Assignment> _refusals = [];
    private bool _needsModels;
    private readonly OvertakeHistories _historyBefore;
    private readonly bool _isPartial;
    private readonly bool _holdsBulk;
    private readonly TokenCounters _counters;
    private TokenCounters _countersAfter;
    private OwnerRoom _room;

    /// <summary>
    /// For each account, the history of all its groups that were not offered, as if each of its assignments had overtaken them. So the
    /// grouping window may end too early for them, but never too late.
    /// </summary>
    private readonly Dictionary<string, OvertakeHistory> _others = [];

    public SchedulingRound(
        Scheduler policy,
        IReadOnlyList<BackendLoad> backends,
        OvertakeHistories history,
        TokenCounters counters,
        OwnerRoom room,
        DateTimeOffset now,
        bool isPartial)
    {
        (_policy, _historyBefore, _now, _isPartial) = (policy, history, now, isPartial);
        _holdsBulk = policy.HoldsBulk(now);
        (_counters, _countersAfter, _room) = (counters, counters, room);
        _backends = [.. backends.Select(load => new BackendCapacity(load))];
    }

    /// <summary>Adds a due prompt. Prompts are added in the order of the queue.</summary>
    public void Add(QueuedPrompt prompt, LoadKey load)
    {
        if ((_holdsBulk && prompt.IsBulk) || !_room.Has(prompt.Account))
            return;
        var key = new GroupKey(prompt.Account, load);
        if (!_groups.TryGetValue(key, out var group))
        {
            if (!_backendsOf.TryGetValue(load.Model, out var backends))
                _backendsOf[load.Model] = backends = BackendsFor(load.Model);
            _groups[key] = group = new(key, backends, _historyBefore.Find(key) ?? OthersOf(prompt.Account));
        }
        group.Add(prompt);
    }

    public Schedule Decide()
    {
        foreach (var group in _groups.Values)
        {
            group.PruneHistory();
            if (group.Backends.Count == 0)
                Refuse(group);
        }

        var stuck = _groups.Values
            .Where(group => group.Backends.Count == 0 && !_refusals.Exists(refusal => refusal.Model == group.Model))
            .Select(group => group.Model)
            .Distinct()
            .ToList();
        YieldToKnown();
        BeginAccounts();

        AssignAll();
        if (TryOpenReserved())
            AssignAll();
        return new([.. _assignments, .. _refusals], History(), stuck, _needsModels) { Counters = _countersAfter };
    }

    private void AssignAll()
    {
        while (_backends.Exists(backend => backend.Free > 0) && Next() is { } candidate)
            Assign(candidate);
    }

    private void Assign(Candidate candidate)
    {
        var (turn, group, backend) = candidate;
        turn.Waiting.Remove(group);
        var prompt = group.Waiting.Dequeue();
        var step = _policy.GroupingWindow / StepsPerWindow;
        var hasOvertaken = false;

        foreach (var other in turn.Waiting)
        {
            if (other.Head!.Key.CompareTo(prompt.Key) > 0)
                break;
            if (!other.Backends.Contains(backend))
                continue;
            other.History = other.History.Record(prompt.Key, _now, step);
            hasOvertaken = true;
        }

        if (_isPartial)
            _others[turn.Account] = OthersOf(turn.Account).Record(prompt.Key, _now, step);
        group.PruneHistory();
        if (group.Head is not null)
            turn.Insert(group);
        Charge(turn, group.Model);
        var needsLoad = group.Model.Length > 0 && !backend.IsLoaded(group.Load);
        backend.Take(group.Load, prompt.IsOrdinary, _now);
        _room = _room.Without(turn.Account);
        if (!_room.Has(turn.Account))
            DropOwnerOf(turn);
        _assignments.Add(new(prompt, group.Model, backend.State.Name) { NeedsLoad = needsLoad, HasOvertaken = hasOvertaken });
    }

    private OvertakeHistories History()
    {
        // Nothing was overtaken of the accounts that were not offered, nor of those of whom nothing was assigned.
        var isKept = _isPartial && _historyBefore.Accounts <= MaxAccounts;
        return (isKept ? _historyBefore : OvertakeHistories.None).With(_groups.Values
            .Where(group => isKept ? _others.ContainsKey(group.Account) : _isPartial || group.History != OvertakeHistory.Never)
            .GroupBy(group => group.Account)
            .Select(groups => KeyValuePair.Create<string, IReadOnlyDictionary<LoadKey, OvertakeHistory>>(
                groups.Key, HistoriesOf(groups.Key, groups))));
    }

    private Dictionary<LoadKey, OvertakeHistory> HistoriesOf(string account, IEnumerable<ModelGroup> groups)
    {
        var histories = groups.ToDictionary(group => group.Key.Load, group => group.History);
        if (_isPartial)
            histories[Scheduler.Others] = OthersOf(account);
        return histories;
    }

    private OvertakeHistory OthersOf(string account) => _others.TryGetValue(account, out var others) ? others
        : _historyBefore.Find(new(account, Scheduler.Others)) ?? OvertakeHistory.Never;

    /// <summary>
    /// Keeps models that no backend is known to have off the backends that known models wait for, for a moment after such a backend
    /// answered that it lacks a model. Clients can invent model names, and each would take a slot until Ollama has answered.
    /// </summary>
    private void YieldToKnown()
    {
        var wanted = _groups.Values.Where(group => group.IsKnown && group.Head is not null).SelectMany(group => group.Backends).ToHashSet();
        foreach (var group in _groups.Values.Where(group => !group.IsKnown))
            group.Backends.RemoveAll(backend => backend.State.HasJustMissed && wanted.Contains(backend));
    }

    /// <summary>
    /// The backends that a model's prompts can be sent to now: those known to have it or, if none is, those that have not answered that
    /// they lack it. Degraded backends are used only if no healthy one is among them.
    /// </summary>
    private List<BackendCapacity> BackendsFor(string model)
    {
        var available = _backends.FindAll(backend => backend.State.IsAvailableFor(model));
        var known = available.FindAll(backend => backend.State.Has(model));
        var backends = known.Count > 0 ? known : available;
        var healthy = backends.FindAll(backend => backend.State.Health == BackendHealth.Healthy);
        return healthy.Count > 0 ? healthy : backends;
    }

    /// <summary>
    /// Refuses prompts whose model no backend has, unless an unreachable backend may have it. A prompt that is younger than the lists of
    /// models is refused only if the lists are still current: its model may have been installed in between.
    /// </summary>
    private void Refuse(ModelGroup group)
    {
        if (_policy.WaitForModel
            || _backends.Exists(backend =>
                backend.State.MayHave(group.Model) && (backend.State.IsReachable || backend.State.Has(group.Model))))
            return;
        if (_backends.Find(backend => backend.State.IsReachable) is not { } anyone)
            return;

        var asOf = _backends
            .Where(backend => backend.State is { IsReachable: true, Listed: not null })
            .Select(backend => backend.State.ListedAsOf)
            .DefaultIfEmpty(DateTimeOffset.MaxValue)
            .Min();
        while (_refusals.Count < MaxRefusals && group.Waiting.TryPeek(out var prompt))
        {
            if (asOf < prompt.CreatedAt && _now - asOf > ListTolerance)
            {
                _needsModels = true;
                return;
            }

            _refusals.Add(new(group.Waiting.Dequeue(), group.Model, anyone.State.Name, IsRefused: true));
        }
    }
}
