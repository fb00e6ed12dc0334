using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>One decision of a <see cref="Scheduler"/>, as it comes about.</summary>
internal sealed class SchedulingRound
{
    /// <summary>Into how many parts the grouping window is divided to remember who was overtaken when.</summary>
    private const int OvertakenGrains = 64;

    /// <summary>A list of models that is as young as that is believed also where a prompt is younger.</summary>
    private static readonly TimeSpan ListsGoodFor = TimeSpan.FromSeconds(1);

    /// <summary>How many prompts are refused at once: each takes two writes.</summary>
    private const int MaxRefusals = 32;

    /// <summary>How many turns of all models that wait for a place the grouping window has room for.</summary>
    private const double TurnsInWindow = 1.25;

    private readonly Scheduler _policy;
    private readonly DateTimeOffset _now;
    private readonly List<BackendCapacity> _backends;
    private readonly Dictionary<string, ModelGroup> _groups = [];

    /// <summary>The groups with prompts that wait, by the turns of their heads.</summary>
    private readonly List<ModelGroup> _waiting = [];
    private readonly List<Assignment> _assignments = [];
    private readonly List<Assignment> _refusals = [];
    private bool _needsModels;
    private readonly ImmutableDictionary<string, OvertakeHistory> _overtakenBefore;
    private readonly bool _isPartial;

    /// <summary>What was run, as if all models that are not offered had been overtaken by it: that may hold them to their window too early, and never too late.</summary>
    private OvertakeHistory _others;

    public SchedulingRound(
        Scheduler policy, IReadOnlyList<BackendLoad> backends, ImmutableDictionary<string, OvertakeHistory> overtaken, DateTimeOffset now, bool isPartial)
    {
        (_policy, _overtakenBefore, _now, _isPartial) = (policy, overtaken, now, isPartial);
        _others = overtaken.GetValueOrDefault(Scheduler.Others) ?? OvertakeHistory.Never;
        _backends = [.. backends.Select(load => new BackendCapacity(load))];
    }

    /// <summary>Adds a due prompt; they come in the order of the queue.</summary>
    public void Add(QueuedPrompt prompt, string model)
    {
        if (!_groups.TryGetValue(model, out var group))
            _groups[model] = group = new(model, BackendsFor(model), _overtakenBefore.GetValueOrDefault(model) ?? _others);
        group.Add(prompt);
    }

    public Schedule Decide()
    {
        foreach (var group in _groups.Values)
        {
            group.Settle();
            if (group.Backends.Count == 0)
                Refuse(group);
        }
        var stuck = _groups.Values.Where(group => group.Backends.Count == 0 && !_refusals.Exists(refusal => refusal.Model == group.Model)).Select(group => group.Model).ToList();
        YieldToKnown();
        _waiting.AddRange(_groups.Values.Where(group => group.Head is not null).OrderBy(group => group.Head!.Key));
        while (_backends.Exists(backend => backend.Free > 0) && Next() is var (group, backend))
            Assign(group, backend);
        return new([.. _assignments, .. _refusals], History(), stuck, _needsModels);
    }

    private ImmutableDictionary<string, OvertakeHistory> History()
    {
        var history = _groups.Values.Where(group => _isPartial || group.OvertakeHistory != OvertakeHistory.Never).ToImmutableDictionary(group => group.Model, group => group.OvertakeHistory);
        return _isPartial ? history.SetItem(Scheduler.Others, _others) : history;
    }

    /// <summary>
    /// A model that no backend is known to have yields to those that one is, for a moment after a backend had to say that it does not
    /// have a model: anybody can invent names, and each would take a slot until it is answered.
    /// </summary>
    private void YieldToKnown()
    {
        var wanted = _groups.Values.Where(group => group.IsKnown && group.Head is not null).SelectMany(group => group.Backends).ToHashSet();
        foreach (var group in _groups.Values.Where(group => !group.IsKnown))
            group.Backends.RemoveAll(backend => backend.State.HasJustMissed && wanted.Contains(backend));
    }

    /// <summary>
    /// Where this model can be asked for now: at the backends that have it, as far as is known, or else at those that have not said
    /// that they do not. Degraded ones are asked only if there is no other.
    /// </summary>
    private List<BackendCapacity> BackendsFor(string model)
    {
        var available = _backends.FindAll(backend => backend.State.IsAvailableFor(model));
        var known = available.FindAll(backend => backend.State.Has(model));
        var backends = known.Count > 0 ? known : available;
        return backends.Exists(backend => backend.State.Health == BackendHealth.Healthy) ? backends.FindAll(backend => backend.State.Health == BackendHealth.Healthy) : backends;
    }

    /// <summary>
    /// Lets prompts fail whose model no backend has, by its own word or by the settings, unless one that is away may have it. What was
    /// said before a prompt came is believed only if the list of models is younger than that, or as good as new: the model may have come.
    /// </summary>
    private void Refuse(ModelGroup group)
    {
        if (_policy.WaitForModel || _backends.Exists(backend => backend.State.MayHave(group.Model) && (backend.State.IsReachable || backend.State.Has(group.Model))))
            return;
        if (_backends.Find(backend => backend.State.IsReachable) is not { } anyone)
            return;
        var asOf = _backends.Where(backend => backend.State is { IsReachable: true, Listed: not null }).Select(backend => backend.State.ListedAsOf).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        while (_refusals.Count < MaxRefusals && group.Waiting.TryPeek(out var prompt))
        {
            if (asOf < prompt.CreatedAt && _now - asOf > ListsGoodFor)
            {
                _needsModels = true;
                return;
            }
            _refusals.Add(new(group.Waiting.Dequeue(), group.Model, anyone.State.Name, IsRefused: true));
        }
    }

    private (ModelGroup ModelGroup, BackendCapacity BackendCapacity)? Next() => FirstOverdue() ?? FirstAfterTurn() ?? FirstLoaded() ?? FirstNowhereLoaded() ?? First();

    /// <summary>Who has been overtaken for as long as may be.</summary>
    private (ModelGroup, BackendCapacity)? FirstOverdue() =>
        Choose((group, _) => group.IsOvertakenSince(_now - _policy.GroupingWindow)) is var (group, backend)
            ? (FirstNotToBePassed(group, backend) ?? group, backend) : null;

    /// <summary>
    /// Who waits longest for a place whose models have had their turn: so long a turn that all who wait there can have one within
    /// the window, with some time to spare.
    /// </summary>
    private (ModelGroup, BackendCapacity)? FirstAfterTurn()
    {
        foreach (var backend in _backends)
        {
            if (backend.Free == 0 || !HasHadTurn(backend, _waiting.Count))
                continue;
            var waiting = _waiting.FindAll(group => group.Backends.Contains(backend) && !IsLoaded(group) && group.OvertakenSince is not null);
            if (waiting.Count > 0 && HasHadTurn(backend, waiting.Count))
                return waiting.MinBy(group => group.OvertakenSince)! is var next ? (FirstNotToBePassed(next, backend) ?? next, backend) : null;
        }
        return null;
    }

    private bool HasHadTurn(BackendCapacity backend, int waiting) => _now - backend.LoadedAt >= _policy.GroupingWindow / (TurnsInWindow * (waiting + 1));

    private (ModelGroup, BackendCapacity)? FirstLoaded() => Choose((group, backend) => backend.IsLoaded(group.Model) && FirstNotToBePassed(group, backend) is null);

    private (ModelGroup, BackendCapacity)? FirstNowhereLoaded() => Choose((group, backend) => !IsLoaded(group) && FirstNotToBePassed(group, backend) is null);

    private (ModelGroup, BackendCapacity)? First() => Choose((_, _) => true);

    private bool IsLoaded(ModelGroup group) => _backends.Exists(backend => backend.IsLoaded(group.Model));

    /// <summary>The first group that has a place with room where it is allowed, and of such places the one that suits it best.</summary>
    private (ModelGroup, BackendCapacity)? Choose(Func<ModelGroup, BackendCapacity, bool> isAllowed)
    {
        foreach (var group in _waiting)
        {
            BackendCapacity? best = null;
            foreach (var backend in group.Backends)
                if (backend.Free > 0 && isAllowed(group, backend) && (best is null || Cost(backend).CompareTo(Cost(best)) < 0))
                    best = backend;
            if (best is not null)
                return (group, best);

            (int, double, int) Cost(BackendCapacity backend) => (backend.IsLoaded(group.Model) ? 0 : 1, backend.Load, backend.LoadedModels);
        }
        return null;
    }

    /// <summary>The first that it would pass although it could go there and must not be passed; null: none.</summary>
    private ModelGroup? FirstNotToBePassed(ModelGroup group, BackendCapacity backend)
    {
        foreach (var other in _waiting)
        {
            if (other == group)
                break;
            if ((_policy.GroupingWindow == TimeSpan.Zero || other.HasHigherBefore(group.Head!)) && other.Backends.Contains(backend))
                return other;
        }
        return null;
    }

    private void Assign(ModelGroup group, BackendCapacity backend)
    {
        _waiting.Remove(group);
        var prompt = group.Waiting.Dequeue();
        foreach (var other in _waiting)
        {
            if (other.Head!.Key.CompareTo(prompt.Key) > 0)
                break;
            if (other.Backends.Contains(backend))
                other.OvertakeHistory = other.OvertakeHistory.Record(prompt.Key, _now, _policy.GroupingWindow / OvertakenGrains);
        }
        if (_isPartial)
            _others = _others.Record(prompt.Key, _now, _policy.GroupingWindow / OvertakenGrains);
        group.Settle();
        if (group.Head is { } head)
            _waiting.Insert(_waiting.FindIndex(other => other.Head!.Key.CompareTo(head.Key) > 0) is >= 0 and var index ? index : _waiting.Count, group);
        backend.Take(group.Model, _now);
        _assignments.Add(new(prompt, group.Model, backend.State.Name));
    }
}
