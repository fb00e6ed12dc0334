using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Index of the queued prompts: one list of all keys for positions, and groups by model and load options for snapshots. Finding the first
/// groups that matter takes the same time however many there are; clients choose names and options, and can invent any number. Prompts that
/// only one worker may run are in groups of their own. Not safe for many threads.
/// </summary>
internal sealed class QueuePositionIndex
{
    /// <summary>How many groups are offered for each backend with room, because it has their models.</summary>
    private const int MaxWanted = 8;

    /// <summary>How many heads are scanned for the models of a backend, before these are looked up by name.</summary>
    private const int MaxScanned = 256;

    /// <summary>How many prompts are offered of models that are not loaded, unless <see cref="MinPerGroup"/> requires more.</summary>
    private const int MaxPrompts = 64;
    private const int MinPerGroup = 2;

    /// <summary>
    /// Like <see cref="MaxPrompts"/>, of loaded models. More would slow down each decision; fewer would leave slots free where prompts are
    /// short.
    /// </summary>
    private const int MaxLoadedPrompts = 128;
    private const int MinPerLoadedGroup = 8;

    private readonly QueueKeyList _all = new();
    private readonly Dictionary<long, Entry> _entries = [];
    private readonly Dictionary<(string? Model, string Options, Guid Worker), Group> _groups = [];

    /// <summary>The same groups by model; an empty name also for those that name none.</summary>
    private readonly Dictionary<string, HashSet<Group>> _ofModel = [];

    /// <summary>The first key of each group, by the worker that alone may run it; an empty id: any worker may.</summary>
    private readonly Dictionary<Guid, SortedSet<(long Rank, long Seq)>> _heads = [];

    /// <summary>The prompts that are not due yet, with the millisecond in which they will be.</summary>
    private readonly PriorityQueue<long, long> _later = new();

    /// <summary>The time of the last snapshot, in milliseconds since 1970.</summary>
    private long _now;

    /// <summary>How many prompts there are, due or not.</summary>
    public int Count => _all.Count;

    /// <summary>How many prompts come before this key, due or not, whether or not a prompt has it.</summary>
    public long CountBefore((long Rank, long Seq) key) => _all.CountBefore(key);

    /// <summary>Adds a queued prompt, or replaces it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="availableAt">When it is due, in milliseconds since 1970; zero: at once.</param>
    /// <param name="worker">The only worker that may run it; an empty id: any worker may.</param>
    public void Set(QueuedPrompt prompt, long availableAt, Guid worker)
    {
        if (_entries.TryGetValue(prompt.Seq, out var old)
            && old.Prompt == prompt && old.AvailableAt == availableAt && old.Group.Worker == worker)
            return;
        Remove(prompt.Seq);
        var model = prompt.Model is null ? null : ModelName.Canonical(prompt.Model);
        var entry = new Entry(prompt, GroupOf(model, prompt.LoadOptions, worker), availableAt);
        _entries[prompt.Seq] = entry;
        _all.Add(prompt.Key);
        // Nearly all prompts are due at once, and need no entry here.
        if (availableAt > 0)
            _later.Enqueue(prompt.Seq, availableAt);
        else
            SetDue(entry);
    }

    /// <summary>Removes a prompt, if it is here.</summary>
    public void Remove(long seq)
    {
        if (!_entries.Remove(seq, out var entry))
            return;
        _all.Remove(entry.Prompt.Key);
        var (group, before) = (entry.Group, entry.Group.Keys.First);
        group.Keys.Remove(entry.Prompt.Key);
        MoveHead(group, before);
        if (--group.Entries == 0)
            Remove(group);
    }

    /// <summary>Selects the first due prompts of the groups that matter to a worker.</summary>
    /// <param name="terms">What the worker asks for.</param>
    /// <param name="leased">Prompts that have a lease, so that they cannot be claimed yet.</param>
    /// <param name="now">The time, in milliseconds since 1970.</param>
    /// <param name="isPartial">Whether other groups have due prompts as well.</param>
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
        chosen.UnionWith(terms.Loaded.SelectMany(key => new[] { Guid.Empty, terms.Worker }
            .Select(worker => _groups.GetValueOrDefault((key.Model, key.Options, worker)))
            .OfType<Group>().Where(group => group.Keys.Count > 0)));
        chosen.UnionWith(Heads(terms.Worker)
            .Where(group => group.Model is null || !terms.PassedOver.Contains(group.Model))
            .Take(terms.FirstModels));
        isPartial = chosen.Count < HeadsOf(Guid.Empty).Count + (terms.Worker == Guid.Empty ? 0 : HeadsOf(terms.Worker).Count);

        var loaded = chosen.Where(group => group.Model is null || terms.Loaded.Contains(new(group.Model, group.Options))).ToHashSet();
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

    /// <summary>Takes back what became due, after the clock was put back.</summary>
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

    /// <summary>The first groups of these models, and of prompts that name no model.</summary>
    private IEnumerable<Group> Wanted(IReadOnlySet<string> models, Guid worker)
    {
        var found = Heads(worker).Take(MaxScanned).Where(IsWanted).Take(MaxWanted).ToList();
        if (found.Count == MaxWanted || _groups.Count <= MaxScanned)
            return found;
        var all = models.Count < _ofModel.Count
            ? models.Append("").SelectMany(model => _ofModel.GetValueOrDefault(model) ?? [])
            : _groups.Values.Where(IsWanted);
        return all.Where(group => group.Keys.Count > 0 && (group.Worker == Guid.Empty || group.Worker == worker))
            .OrderBy(group => group.Keys.First).Take(MaxWanted);

        bool IsWanted(Group group) => group.Model is null or "" || models.Contains(group.Model);
    }

    /// <summary>The groups with due prompts that this worker may run, in the order of their first keys.</summary>
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

    private Group GroupOf(string? model, string options, Guid worker)
    {
        if (!_groups.TryGetValue((model, options, worker), out var group))
        {
            _groups[(model, options, worker)] = group = new(model, options, worker);
            if (!_ofModel.TryGetValue(model ?? "", out var groups))
                _ofModel[model ?? ""] = groups = [];
            groups.Add(group);
        }
        group.Entries++;
        return group;
    }

    private void Remove(Group group)
    {
        _groups.Remove((group.Model, group.Options, group.Worker));
        var groups = _ofModel[group.Model ?? ""];
        groups.Remove(group);
        if (groups.Count == 0)
            _ofModel.Remove(group.Model ?? "");
    }

    private void SetDue(Entry entry)
    {
        var before = entry.Group.Keys.First;
        entry.Group.Keys.Add(entry.Prompt.Key);
        MoveHead(entry.Group, before);
    }

    /// <param name="group">The group that has changed.</param>
    /// <param name="before">Its first key before the change.</param>
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

    /// <param name="model">The canonical name of the model; null: the worker's default.</param>
    /// <param name="options">The options that it is loaded with.</param>
    /// <param name="worker">The only worker that may run its prompts; an empty id: any worker may.</param>
    private sealed class Group(string? model, string options, Guid worker)
    {
        public string? Model => model;

        public string Options => options;

        public Guid Worker => worker;

        /// <summary>The keys of its due prompts.</summary>
        public QueueKeyList Keys { get; } = new();

        /// <summary>How many prompts it has, due or not.</summary>
        public int Entries { get; set; }
    }
}
