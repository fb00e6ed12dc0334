using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

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
    private readonly List<Place> _places;
    private readonly Dictionary<string, Group> _groups = [];

    /// <summary>The groups with prompts that wait, by the turns of their heads.</summary>
    private readonly List<Group> _waiting = [];
    private readonly List<Assignment> _assignments = [];
    private readonly List<Assignment> _refusals = [];
    private bool _needsModels;
    private readonly ImmutableDictionary<string, Overtaken> _overtakenBefore;
    private readonly bool _isPartial;

    /// <summary>What was run, as if all models that are not offered had been overtaken by it: that may hold them to their window too early, and never too late.</summary>
    private Overtaken _others;

    public SchedulingRound(
        Scheduler policy, IReadOnlyList<BackendLoad> backends, ImmutableDictionary<string, Overtaken> overtaken, DateTimeOffset now, bool isPartial)
    {
        (_policy, _overtakenBefore, _now, _isPartial) = (policy, overtaken, now, isPartial);
        _others = overtaken.GetValueOrDefault(Scheduler.Others) ?? Overtaken.Never;
        _places = [.. backends.Select(load => new Place(load))];
    }

    /// <summary>Adds a due prompt; they come in the order of the queue.</summary>
    public void Add(QueuedPrompt prompt, string model)
    {
        if (!_groups.TryGetValue(model, out var group))
            _groups[model] = group = new(model, PlacesFor(model), _overtakenBefore.GetValueOrDefault(model) ?? _others);
        group.Add(prompt);
    }

    public Schedule Decide()
    {
        foreach (var group in _groups.Values)
        {
            group.Settle();
            if (group.Places.Count == 0)
                Refuse(group);
        }
        var stuck = _groups.Values.Where(group => group.Places.Count == 0 && !_refusals.Exists(refusal => refusal.Model == group.Model)).Select(group => group.Model).ToList();
        YieldToKnown();
        _waiting.AddRange(_groups.Values.Where(group => group.Head is not null).OrderBy(group => group.Head!.Turn));
        while (_places.Exists(place => place.Free > 0) && Next() is var (group, place))
            Assign(group, place);
        return new([.. _assignments, .. _refusals], History(), stuck, _needsModels);
    }

    private ImmutableDictionary<string, Overtaken> History()
    {
        var history = _groups.Values.Where(group => _isPartial || group.Overtaken != Overtaken.Never).ToImmutableDictionary(group => group.Model, group => group.Overtaken);
        return _isPartial ? history.SetItem(Scheduler.Others, _others) : history;
    }

    /// <summary>
    /// A model that no backend is known to have yields to those that one is, for a moment after a backend had to say that it does not
    /// have a model: anybody can invent names, and each would take a slot until it is answered.
    /// </summary>
    private void YieldToKnown()
    {
        var wanted = _groups.Values.Where(group => group.IsKnown && group.Head is not null).SelectMany(group => group.Places).ToHashSet();
        foreach (var group in _groups.Values.Where(group => !group.IsKnown))
            group.Places.RemoveAll(place => place.State.HasJustMissed && wanted.Contains(place));
    }

    /// <summary>
    /// Where this model can be asked for now: at the backends that have it, as far as is known, or else at those that have not said
    /// that they do not. Those in trouble are asked only if there is no other.
    /// </summary>
    private List<Place> PlacesFor(string model)
    {
        var available = _places.FindAll(place => place.State.IsAvailableFor(model));
        var known = available.FindAll(place => place.State.Has(model));
        var places = known.Count > 0 ? known : available;
        return places.Exists(place => !place.State.IsTroubled) ? places.FindAll(place => !place.State.IsTroubled) : places;
    }

    /// <summary>
    /// Lets prompts fail whose model no backend has, by its own word or by the settings, unless one that is away may have it. What was
    /// said before a prompt came is believed only if the list of models is younger than that, or as good as new: the model may have come.
    /// </summary>
    private void Refuse(Group group)
    {
        if (_policy.WaitForModel || _places.Exists(place => place.State.MayHave(group.Model) && (place.State.IsUp || place.State.Has(group.Model))))
            return;
        if (_places.Find(place => place.State.IsUp) is not { } anyone)
            return;
        var asOf = _places.Where(place => place.State is { IsUp: true, Listed: not null }).Select(place => place.State.ListedAsOf).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
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

    private (Group Group, Place Place)? Next() => FirstOverdue() ?? FirstAfterTurn() ?? FirstLoaded() ?? FirstNowhereLoaded() ?? First();

    /// <summary>Who has been overtaken for as long as may be.</summary>
    private (Group, Place)? FirstOverdue() =>
        Choose((group, _) => group.IsOvertakenSince(_now - _policy.GroupingWindow)) is var (group, place)
            ? (FirstNotToBePassed(group, place) ?? group, place) : null;

    /// <summary>
    /// Who waits longest for a place whose models have had their turn: so long a turn that all who wait there can have one within
    /// the window, with some time to spare.
    /// </summary>
    private (Group, Place)? FirstAfterTurn()
    {
        foreach (var place in _places)
        {
            if (place.Free == 0 || !HasHadTurn(place, _waiting.Count))
                continue;
            var waiting = _waiting.FindAll(group => group.Places.Contains(place) && !IsLoaded(group) && group.OvertakenSince is not null);
            if (waiting.Count > 0 && HasHadTurn(place, waiting.Count))
                return waiting.MinBy(group => group.OvertakenSince)! is var next ? (FirstNotToBePassed(next, place) ?? next, place) : null;
        }
        return null;
    }

    private bool HasHadTurn(Place place, int waiting) => _now - place.LoadedAt >= _policy.GroupingWindow / (TurnsInWindow * (waiting + 1));

    private (Group, Place)? FirstLoaded() => Choose((group, place) => place.IsLoaded(group.Model) && FirstNotToBePassed(group, place) is null);

    private (Group, Place)? FirstNowhereLoaded() => Choose((group, place) => !IsLoaded(group) && FirstNotToBePassed(group, place) is null);

    private (Group, Place)? First() => Choose((_, _) => true);

    private bool IsLoaded(Group group) => _places.Exists(place => place.IsLoaded(group.Model));

    /// <summary>The first group that has a place with room where it is allowed, and of such places the one that suits it best.</summary>
    private (Group, Place)? Choose(Func<Group, Place, bool> isAllowed)
    {
        foreach (var group in _waiting)
        {
            Place? best = null;
            foreach (var place in group.Places)
                if (place.Free > 0 && isAllowed(group, place) && (best is null || Cost(place).CompareTo(Cost(best)) < 0))
                    best = place;
            if (best is not null)
                return (group, best);

            (int, double, int) Cost(Place place) => (place.IsLoaded(group.Model) ? 0 : 1, place.Load, place.LoadedModels);
        }
        return null;
    }

    /// <summary>The first that it would pass although it could go there and must not be passed; null: none.</summary>
    private Group? FirstNotToBePassed(Group group, Place place)
    {
        foreach (var other in _waiting)
        {
            if (other == group)
                break;
            if ((_policy.GroupingWindow == TimeSpan.Zero || other.HasHigherBefore(group.Head!)) && other.Places.Contains(place))
                return other;
        }
        return null;
    }

    private void Assign(Group group, Place place)
    {
        _waiting.Remove(group);
        var prompt = group.Waiting.Dequeue();
        foreach (var other in _waiting)
        {
            if (other.Head!.Turn.CompareTo(prompt.Turn) > 0)
                break;
            if (other.Places.Contains(place))
                other.Overtaken = other.Overtaken.By(prompt.Turn, _now, _policy.GroupingWindow / OvertakenGrains);
        }
        if (_isPartial)
            _others = _others.By(prompt.Turn, _now, _policy.GroupingWindow / OvertakenGrains);
        group.Settle();
        if (group.Head is { } head)
            _waiting.Insert(_waiting.FindIndex(other => other.Head!.Turn.CompareTo(head.Turn) > 0) is >= 0 and var index ? index : _waiting.Count, group);
        place.Take(group.Model, _now);
        _assignments.Add(new(prompt, group.Model, place.State.Name));
    }

    /// <summary>The due prompts of a model, of those that were handed in.</summary>
    private sealed class Group(string model, List<Place> places, Overtaken overtaken)
    {
        private StrongBox<DateTimeOffset?>? _overtakenSince;
        private int _highest = int.MinValue;

        public string Model => model;

        public List<Place> Places => places;

        public Queue<QueuedPrompt> Waiting { get; } = [];

        /// <summary>Whether a backend is known to have the model, or none was named.</summary>
        public bool IsKnown { get; } = model.Length == 0 || places.Exists(place => place.State.Has(model));

        public QueuedPrompt? Head => Waiting.TryPeek(out var head) ? head : null;

        public Overtaken Overtaken
        {
            get => overtaken;
            set => (overtaken, _overtakenSince) = (value, null);
        }

        /// <summary>
        /// Since when any of them has been overtaken, which cannot have been before it came; null: none has. It need not be the
        /// first: one of a higher priority may have come before it since.
        /// </summary>
        public DateTimeOffset? OvertakenSince => Overtaken == Overtaken.Never ? null : (_overtakenSince ??= new(Waiting.Min(SinceOf))).Value;

        public void Add(QueuedPrompt prompt)
        {
            Waiting.Enqueue(prompt);
            _highest = Math.Max(_highest, prompt.Priority);
        }

        /// <summary>Whether any of them has been overtaken since then or longer.</summary>
        public bool IsOvertakenSince(DateTimeOffset time) => Overtaken.FirstAt <= time && OvertakenSince <= time;

        /// <summary>Whether there is one of a higher priority before a prompt of another model.</summary>
        public bool HasHigherBefore(QueuedPrompt prompt) => _highest > prompt.Priority
            && Waiting.TakeWhile(waiting => waiting.Turn.CompareTo(prompt.Turn) < 0).Any(waiting => waiting.Priority > prompt.Priority);

        /// <summary>Forgets what mattered to those only that have had their turn.</summary>
        public void Settle()
        {
            _overtakenSince = null;
            if (Head is { } head && Overtaken.From(head.Turn) is var rest && rest != Overtaken)
                Overtaken = rest;
        }

        private DateTimeOffset? SinceOf(QueuedPrompt prompt) => Overtaken.Since(prompt.Turn) is { } since
            ? since > prompt.CreatedAt ? since : prompt.CreatedAt
            : null;
    }

    /// <summary>A backend, as it fills up.</summary>
    private sealed class Place(BackendLoad load)
    {
        private RunningModels _running = load.Running;
        private ImmutableHashSet<string> _loaded = load.State.Loaded.Union(load.Running.Counts.Keys);

        public Ollama.BackendState State => load.State;

        public int Free { get; private set; } = load.Free;

        public double Load => (double)_running.Total / State.Concurrency;

        public DateTimeOffset LoadedAt { get; private set; } = load.State.LoadedAt;

        public int LoadedModels => _loaded.Count;

        public bool IsLoaded(string model) => _loaded.Contains(model);

        public void Take(string model, DateTimeOffset now)
        {
            Free--;
            _running = _running.With(model);
            // One that has yet to be loaded may need all the room that those leave which run; one that nobody knows may not even be there.
            if (model.Length > 0 && !_loaded.Contains(model) && State.Has(model))
                (_loaded, LoadedAt) = ([.. _running.Counts.Keys], now);
        }
    }
}
