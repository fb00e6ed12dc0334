using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// The queued prompts in their order: all of them, for positions, and in groups, one a model, for offers. The first of the groups
/// that matter are found at the same cost however many models there are: their names are the clients', who can invent any number.
/// A prompt that only one worker may run is in a group of that worker's. Not safe for many threads.
/// </summary>
internal sealed class QueuePositionIndex
{
    /// <summary>How many groups are offered because one backend with room has their model.</summary>
    private const int MaxWanted = 8;

    /// <summary>How many heads are looked at for the wanted ones, before those are looked for by name.</summary>
    private const int MaxScanned = 256;

    /// <summary>How many prompts are offered of models that are not loaded, as long as each group can have some.</summary>
    private const int MaxPrompts = 64;
    private const int MinPerGroup = 2;

    /// <summary>As <see cref="MaxPrompts"/>, of loaded models: each decision looks at all of them, and prompts that are quick take many.</summary>
    private const int MaxLoadedPrompts = 128;
    private const int MinPerLoadedGroup = 8;

    private readonly QueueKeyList _all = new();
    private readonly Dictionary<long, Entry> _entries = [];
    private readonly Dictionary<(string? Model, Guid Worker), Group> _groups = [];

    /// <summary>The first turn of each group, by worker; empty: of groups that any worker may run.</summary>
    private readonly Dictionary<Guid, SortedSet<(long Rank, long Seq)>> _heads = [];

    /// <summary>What is not due yet, with the millisecond in which it will be.</summary>
    private readonly PriorityQueue<long, long> _later = new();

    /// <summary>The time of the last offer, in milliseconds since 1970.</summary>
    private long _now;

    /// <summary>How many there are, due or not.</summary>
    public int Count => _all.Count;

    /// <summary>How many come before this turn, due or not, whether or not a prompt has it.</summary>
    public long CountBefore((long Rank, long Seq) key) => _all.CountBefore(key);

    /// <summary>Adds a queued prompt, or changes it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="availableAt">When it is due, in milliseconds since 1970.</param>
    /// <param name="worker">Who alone may run it; empty: anybody.</param>
    public void Set(QueuedPrompt prompt, long availableAt, Guid worker)
    {
        if (_entries.TryGetValue(prompt.Seq, out var old) && old.Prompt == prompt && old.AvailableAt == availableAt && old.Group.Worker == worker)
            return;
        Remove(prompt.Seq);
        var entry = new Entry(prompt, GroupOf(prompt.Model is null ? null : ModelName.Canonical(prompt.Model), worker), availableAt);
        _entries[prompt.Seq] = entry;
        _all.Add(prompt.Key);
        // Zero is the time of nearly all of them.
        if (availableAt > 0)
            _later.Enqueue(prompt.Seq, availableAt);
        else
            SetDue(entry);
    }

    /// <summary>Removes a prompt, if it is there.</summary>
    public void Remove(long seq)
    {
        if (!_entries.Remove(seq, out var entry))
            return;
        _all.Remove(entry.Prompt.Key);
        var (group, before) = (entry.Group, entry.Group.Keys.First);
        group.Keys.Remove(entry.Prompt.Key);
        MoveHead(group, before);
        if (--group.Entries == 0)
            _groups.Remove((group.Model, group.Worker));
    }

    /// <summary>The first due prompts of the groups that matter to a worker.</summary>
    /// <param name="terms">What it wants.</param>
    /// <param name="leased">Prompts that cannot be claimed yet.</param>
    /// <param name="now">The time, in milliseconds since 1970.</param>
    /// <param name="isPartial">Whether there are more groups with due prompts.</param>
    public List<QueuedPrompt> Offer(SnapshotTerms terms, IReadOnlySet<long> leased, long now, out bool isPartial)
    {
        if (now < _now)
            Undo(now);
        _now = now;
        while (_later.TryPeek(out var seq, out var availableAt) && availableAt <= now)
        {
            _later.Dequeue();
            if (_entries.TryGetValue(seq, out var entry) && entry.AvailableAt == availableAt)
                SetDue(entry);
        }

        var chosen = new HashSet<Group>();
        foreach (var models in terms.ModelsWithRoom)
            chosen.UnionWith(Wanted(models, terms.Worker));
        chosen.UnionWith(Named(terms.LoadedModels, terms.Worker));
        chosen.UnionWith(Heads(terms.Worker).Where(group => group.Model is null || !terms.PassedOver.Contains(group.Model)).Take(terms.FirstModels));
        isPartial = chosen.Count < HeadsOf(Guid.Empty).Count + (terms.Worker == Guid.Empty ? 0 : HeadsOf(terms.Worker).Count);

        var loaded = chosen.Where(group => group.Model is null || terms.LoadedModels.Contains(group.Model)).ToHashSet();
        var perGroup = Share(MaxPrompts, chosen.Count, MinPerGroup);
        var perLoadedGroup = Share(MaxLoadedPrompts, loaded.Count, MinPerLoadedGroup);
        var offered = new List<QueuedPrompt>();
        foreach (var group in chosen)
        {
            var left = loaded.Contains(group) ? perLoadedGroup : perGroup;
            foreach (var key in group.Keys.All)
            {
                if (left == 0)
                    break;
                if (leased.Contains(key.Seq))
                    continue;
                offered.Add(_entries[key.Seq].Prompt);
                left--;
            }
        }
        offered.Sort((one, other) => one.Key.CompareTo(other.Key));
        return offered;

        int Share(int prompts, int groups, int least) => Math.Min(terms.PerModel, Math.Max(least, prompts / Math.Max(groups, 1)));
    }

    /// <summary>The clock went back: what became due meanwhile is not due any more.</summary>
    private void Undo(long now)
    {
        foreach (var (seq, entry) in _entries)
        {
            if (entry.AvailableAt <= now)
                continue;
            var before = entry.Group.Keys.First;
            entry.Group.Keys.Remove(entry.Prompt.Key);
            MoveHead(entry.Group, before);
            _later.Enqueue(seq, entry.AvailableAt);
        }
    }

    /// <summary>The groups of these models whose heads come first, and that of prompts that name no model.</summary>
    private IEnumerable<Group> Wanted(IReadOnlySet<string> models, Guid worker)
    {
        var found = Heads(worker).Take(MaxScanned).Where(IsWanted).Take(MaxWanted).ToList();
        if (found.Count == MaxWanted || _groups.Count <= MaxScanned)
            return found;
        var all = models.Count < _groups.Count
            ? Named([.. models, "", null], worker)
            : _groups.Values.Where(group => IsWanted(group) && group.Keys.Count > 0 && (group.Worker == Guid.Empty || group.Worker == worker));
        return all.OrderBy(group => group.Keys.First).Take(MaxWanted);

        bool IsWanted(Group group) => group.Model is null or "" || models.Contains(group.Model);
    }

    /// <summary>The groups of these models with due prompts that this worker may run.</summary>
    private IEnumerable<Group> Named(IEnumerable<string?> models, Guid worker) => models
        .SelectMany(model => new[] { _groups.GetValueOrDefault((model, Guid.Empty)), _groups.GetValueOrDefault((model, worker)) })
        .OfType<Group>()
        .Where(group => group.Keys.Count > 0);

    /// <summary>The groups with due prompts that this worker may run, by the turns of their heads.</summary>
    private IEnumerable<Group> Heads(Guid worker)
    {
        using var anybodys = HeadsOf(Guid.Empty).GetEnumerator();
        using var own = (worker == Guid.Empty ? [] : HeadsOf(worker)).GetEnumerator();
        var (more, moreOwn) = (anybodys.MoveNext(), own.MoveNext());
        while (more || moreOwn)
        {
            var isOwn = !more || (moreOwn && own.Current.CompareTo(anybodys.Current) < 0);
            yield return _entries[(isOwn ? own : anybodys).Current.Seq].Group;
            if (isOwn)
                moreOwn = own.MoveNext();
            else
                more = anybodys.MoveNext();
        }
    }

    private SortedSet<(long Rank, long Seq)> HeadsOf(Guid worker) => _heads.GetValueOrDefault(worker) ?? [];

    private Group GroupOf(string? model, Guid worker)
    {
        if (!_groups.TryGetValue((model, worker), out var group))
            _groups[(model, worker)] = group = new(model, worker);
        group.Entries++;
        return group;
    }

    private void SetDue(Entry entry)
    {
        var before = entry.Group.Keys.First;
        entry.Group.Keys.Add(entry.Prompt.Key);
        MoveHead(entry.Group, before);
    }

    /// <param name="group">A group that has changed.</param>
    /// <param name="before">What its first turn was.</param>
    private void MoveHead(Group group, (long Rank, long Seq)? before)
    {
        var after = group.Keys.First;
        if (before == after)
            return;
        if (!_heads.TryGetValue(group.Worker, out var heads))
            _heads[group.Worker] = heads = [];
        if (before is { } old)
            heads.Remove(old);
        if (after is { } head)
            heads.Add(head);
        if (heads.Count == 0)
            _heads.Remove(group.Worker);
    }

    private readonly record struct Entry(QueuedPrompt Prompt, Group Group, long AvailableAt);

    /// <param name="model">The canonical name; null: that of whoever runs it.</param>
    /// <param name="worker">Who alone may run its prompts; empty: anybody.</param>
    private sealed class Group(string? model, Guid worker)
    {
        public string? Model => model;

        public Guid Worker => worker;

        /// <summary>The turns of its due prompts.</summary>
        public QueueKeyList Keys { get; } = new();

        /// <summary>How many prompts it has, due or not.</summary>
        public int Entries { get; set; }
    }
}
