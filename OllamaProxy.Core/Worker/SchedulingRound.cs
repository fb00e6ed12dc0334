using System.Collections.Immutable;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>One decision of a <see cref="Scheduler"/>, as it comes about.</summary>
internal sealed class SchedulingRound
{
    /// <summary>A list of models that is as young as that is believed also where a prompt is younger.</summary>
    private static readonly TimeSpan ListsGoodFor = TimeSpan.FromSeconds(1);

    private readonly Scheduler _policy;
    private readonly DateTimeOffset _now;
    private readonly List<Place> _places;
    private readonly Dictionary<string, Group> _groups = [];
    private readonly List<Assignment> _assignments = [];
    private readonly ImmutableDictionary<string, Overtaken> _overtakenBefore;
    private bool _needsModels;

    public SchedulingRound(Scheduler policy, IReadOnlyList<BackendLoad> backends, ImmutableDictionary<string, Overtaken> overtaken, DateTimeOffset now)
    {
        (_policy, _overtakenBefore, _now) = (policy, overtaken, now);
        _places = [.. backends.Select(load => new Place(load))];
    }

    /// <summary>Adds a due prompt; they come in the order of the queue.</summary>
    public void Add(QueuedPrompt prompt, string model)
    {
        if (!_groups.TryGetValue(model, out var group))
            _groups[model] = group = new(model, PlacesFor(model), _overtakenBefore.GetValueOrDefault(model));
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
        while (Next() is var (group, place))
            Assign(group, place);
        return new(
            _assignments,
            _groups.Values.Where(group => group.Overtaken is not null).ToImmutableDictionary(group => group.Model, group => group.Overtaken!),
            _needsModels);
    }

    /// <summary>Where this model can be asked for: of the backends that are up, those in trouble only if there is no other.</summary>
    private List<Place> PlacesFor(string model)
    {
        var up = _places.FindAll(place => place.State.IsUp && (model.Length == 0 || place.State.Has(model)));
        return up.Exists(place => !place.State.IsTroubled) ? up.FindAll(place => !place.State.IsTroubled) : up;
    }

    /// <summary>Sends prompts that no backend can run to where they are told so at once, if it is certain that none has the model.</summary>
    private void Refuse(Group group)
    {
        var up = _places.FindAll(place => place.State.IsUp);
        // What is down may have it.
        if (up.Count == 0 || _policy.WaitForModel || _places.Exists(place => place.State.Has(group.Model)))
            return;
        while (group.Waiting.TryPeek(out var prompt))
        {
            if (up.Exists(place => place.State.InstalledAsOf < prompt.CreatedAt && _now - place.State.InstalledAsOf > ListsGoodFor))
            {
                _needsModels = true;
                return;
            }
            _assignments.Add(new(group.Waiting.Dequeue(), group.Model, up[0].State.Name, NeedsSlot: false));
        }
    }

    private (Group Group, Place Place)? Next()
    {
        var groups = _groups.Values.Where(group => group.Head is not null).OrderBy(group => (group.Head!.Rank, group.Head.Seq)).ToList();
        return FirstOverdue(groups) ?? FirstAtRisk(groups) ?? FirstLoaded(groups) ?? FirstNowhereLoaded(groups) ?? First(groups);
    }

    /// <summary>Who has been overtaken for as long as may be.</summary>
    private (Group, Place)? FirstOverdue(List<Group> groups) =>
        Choose(groups.Where(group => group.Overtaken is { } overtaken && _now >= overtaken.Since + _policy.GroupingWindow));

    /// <summary>
    /// Who would be overtaken for too long if the model that is loaded had its way until then: of several that wait for the
    /// same place, each needs a part of the window for itself.
    /// </summary>
    private (Group, Place)? FirstAtRisk(List<Group> groups)
    {
        foreach (var place in _places.Where(place => place.Free > 0))
        {
            var waiting = groups
                .Where(group => group.Overtaken is not null && group.Places.Contains(place) && !_places.Exists(other => other.IsLoaded(group.Model)))
                .OrderBy(group => group.Overtaken!.Since).ToList();
            var part = _policy.GroupingWindow / Math.Max(waiting.Count, 1);
            if (waiting.Index().Any(group => _now >= group.Item.Overtaken!.Since + _policy.GroupingWindow - (group.Index * part)))
                return (waiting[0], place);
        }
        return null;
    }

    private static (Group, Place)? FirstLoaded(List<Group> groups) =>
        Choose(groups, (group, place) => place.IsLoaded(group.Model) && !Passes(group, place, groups));

    private (Group, Place)? FirstNowhereLoaded(List<Group> groups) =>
        Choose(groups, (group, place) => !_places.Exists(other => other.IsLoaded(group.Model)) && !Passes(group, place, groups));

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

    /// <summary>Whether it would pass one of a higher priority that could go there.</summary>
    private static bool Passes(Group group, Place place, List<Group> groups) => groups
        .TakeWhile(other => other != group)
        .Any(other => other.Head!.Priority > group.Head!.Priority && other.Places.Contains(place));

    private void Assign(Group group, Place place)
    {
        var prompt = group.Waiting.Dequeue();
        foreach (var other in _groups.Values)
            if (other != group && other.Head is { } head && (head.Rank, head.Seq).CompareTo((prompt.Rank, prompt.Seq)) < 0 && other.Places.Contains(place))
                other.OvertakeUpTo(prompt.Rank, _now);
        group.Settle();
        place.Take(group.Model);
        _assignments.Add(new(prompt, group.Model, place.State.Name));
    }

    /// <summary>The due prompts of a model, of those that were handed in.</summary>
    private sealed class Group(string model, List<Place> places, Overtaken? overtaken)
    {
        public string Model => model;

        public List<Place> Places => places;

        public Queue<QueuedPrompt> Waiting { get; } = [];

        public QueuedPrompt? Head => Waiting.TryPeek(out var head) ? head : null;

        public Overtaken? Overtaken { get; private set; } = overtaken;

        public void OvertakeUpTo(long rank, DateTimeOffset now) =>
            Overtaken = Overtaken is { } before ? before with { Rank = Math.Max(before.Rank, rank) } : new(now, rank);

        /// <summary>Forgets that some were overtaken, once they have all had their turn.</summary>
        public void Settle()
        {
            if (Head is { } head && head.Rank > Overtaken?.Rank)
                Overtaken = null;
        }
    }

    /// <summary>A backend, as it fills up.</summary>
    private sealed class Place(BackendLoad load)
    {
        private readonly List<string> _running = [.. load.Running];
        private ImmutableHashSet<string> _loaded = load.State.Loaded.Union(load.Running);

        public Ollama.BackendState State => load.State;

        public int Free { get; private set; } = load.Free;

        public double Load => (double)_running.Count / State.Concurrency;

        public int LoadedModels => _loaded.Count;

        public bool IsLoaded(string model) => _loaded.Contains(model);

        public void Take(string model)
        {
            Free--;
            _running.Add(model);
            // One that has yet to be loaded may need all the room that those leave which run.
            if (model.Length > 0 && !_loaded.Contains(model))
                _loaded = [.. _running];
        }
    }
}
