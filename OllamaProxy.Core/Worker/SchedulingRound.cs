using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>One decision of a <see cref="Scheduler"/>, as it comes about.</summary>
internal sealed class SchedulingRound
{
    /// <summary>Into how many parts the grouping window is divided to remember who was overtaken when.</summary>
    private const int OvertakenGrains = 64;

    /// <summary>How many turns of all models that wait for a place the grouping window has room for.</summary>
    private const double TurnsInWindow = 1.25;

    private readonly Scheduler _policy;
    private readonly DateTimeOffset _now;
    private readonly List<Place> _places;
    private readonly Dictionary<string, Group> _groups = [];
    private readonly List<Assignment> _assignments = [];
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
        group.Waiting.Enqueue(prompt);
    }

    public Schedule Decide()
    {
        foreach (var group in _groups.Values)
        {
            group.Settle();
            if (group.Places.Count == 0)
                Refuse(group);
        }
        YieldToKnown();
        while (Next() is var (group, place))
            Assign(group, place);
        return new(_assignments, History());
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
        var available = _places.FindAll(place => place.State.IsAvailable && place.State.MayHave(model));
        var known = available.FindAll(place => place.State.Has(model));
        var places = known.Count > 0 ? known : available;
        return places.Exists(place => !place.State.IsTroubled) ? places.FindAll(place => !place.State.IsTroubled) : places;
    }

    /// <summary>Lets prompts fail whose model no backend has, by its own word or by the settings, unless one that is away may have it.</summary>
    private void Refuse(Group group)
    {
        if (_policy.WaitForModel || _places.Exists(place => place.State.MayHave(group.Model) && (place.State.IsUp || place.State.Has(group.Model))))
            return;
        if (_places.Find(place => place.State.IsUp) is not { } anyone)
            return;
        while (group.Waiting.TryDequeue(out var prompt))
            _assignments.Add(new(prompt, group.Model, anyone.State.Name, IsRefused: true));
    }

    private (Group Group, Place Place)? Next()
    {
        var groups = _groups.Values.Where(group => group.Head is not null).OrderBy(group => group.Head!.Turn).ToList();
        return FirstOverdue(groups) ?? FirstAfterTurn(groups) ?? FirstLoaded(groups) ?? FirstNowhereLoaded(groups) ?? First(groups);
    }

    /// <summary>Who has been overtaken for as long as may be.</summary>
    private (Group, Place)? FirstOverdue(List<Group> groups) =>
        Choose(groups.Where(group => _now >= group.OvertakenSince + _policy.GroupingWindow)) is var (group, place)
            ? (FirstNotToBePassed(group, place, groups) ?? group, place) : null;

    /// <summary>
    /// Who waits longest for a place whose models have had their turn: so long a turn that all who wait there can have one within
    /// the window, with some time to spare.
    /// </summary>
    private (Group, Place)? FirstAfterTurn(List<Group> groups)
    {
        foreach (var place in _places.Where(place => place.Free > 0))
        {
            var waiting = groups.FindAll(group =>
                group.OvertakenSince is not null && group.Places.Contains(place) && !_places.Exists(other => other.IsLoaded(group.Model)));
            if (waiting.Count > 0 && _now - place.LoadedAt >= _policy.GroupingWindow / (TurnsInWindow * (waiting.Count + 1)))
                return waiting.MinBy(group => group.OvertakenSince)! is var next ? (FirstNotToBePassed(next, place, groups) ?? next, place) : null;
        }
        return null;
    }

    private (Group, Place)? FirstLoaded(List<Group> groups) =>
        Choose(groups, (group, place) => place.IsLoaded(group.Model) && FirstNotToBePassed(group, place, groups) is null);

    private (Group, Place)? FirstNowhereLoaded(List<Group> groups) =>
        Choose(groups, (group, place) => !_places.Exists(other => other.IsLoaded(group.Model)) && FirstNotToBePassed(group, place, groups) is null);

    private static (Group, Place)? First(List<Group> groups) => Choose(groups);

    private static (Group, Place)? Choose(IEnumerable<Group> groups, Func<Group, Place, bool>? allowed = null)
    {
        foreach (var group in groups)
        {
            var place = group.Places
                .Where(place => place.Free > 0 && allowed?.Invoke(group, place) is not false)
                .MinBy(place => (place.IsLoaded(group.Model) ? 0 : 1, place.Load, place.LoadedModels));
            if (place is not null)
                return (group, place);
        }
        return null;
    }

    /// <summary>The first that it would pass although it could go there and must not be passed; null: none.</summary>
    private Group? FirstNotToBePassed(Group group, Place place, List<Group> groups) => groups
        .TakeWhile(other => other != group)
        .FirstOrDefault(other => (other.HasHigherBefore(group.Head!) || _policy.GroupingWindow == TimeSpan.Zero) && other.Places.Contains(place));

    private void Assign(Group group, Place place)
    {
        var prompt = group.Waiting.Dequeue();
        foreach (var other in _groups.Values)
            if (other != group && other.Head is { } head && head.Turn.CompareTo(prompt.Turn) < 0 && other.Places.Contains(place))
                other.Overtaken = other.Overtaken.By(prompt.Turn, _now, _policy.GroupingWindow / OvertakenGrains);
        if (_isPartial)
            _others = _others.By(prompt.Turn, _now, _policy.GroupingWindow / OvertakenGrains);
        group.Settle();
        place.Take(group.Model, _now);
        _assignments.Add(new(prompt, group.Model, place.State.Name));
    }

    /// <summary>The due prompts of a model, of those that were handed in.</summary>
    private sealed class Group(string model, List<Place> places, Overtaken overtaken)
    {
        private StrongBox<DateTimeOffset?>? _overtakenSince;

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

        /// <summary>Whether there is one of a higher priority before a prompt of another model.</summary>
        public bool HasHigherBefore(QueuedPrompt prompt) =>
            Waiting.TakeWhile(waiting => waiting.Turn.CompareTo(prompt.Turn) < 0).Any(waiting => waiting.Priority > prompt.Priority);

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
