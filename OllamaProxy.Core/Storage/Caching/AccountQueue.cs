using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// The queued prompts of one account, in groups by model and load options. Finding the first groups that matter takes the same time however
/// many there are; clients choose names and options, and can invent any number. Prompts that only one worker may run are in groups of their
/// own. Not safe for many threads.
/// </summary>
internal sealed class AccountQueue(string account)
{
    /// <summary>How many heads are scanned for the models of a backend, before these are looked up by name.</summary>
    private const int MaxScanned = 256;

    private readonly Dictionary<(string? Model, string Options, Guid Worker), PromptGroup> _groups = [];

    /// <summary>The same groups by model; an empty name also for those that name none.</summary>
    private readonly Dictionary<string, HashSet<PromptGroup>> _ofModel = [];

    /// <summary>
    /// The groups with due prompts by their first keys, by the worker that alone may run them; an empty id: any worker may.
    /// </summary>
    private readonly Dictionary<Guid, SortedDictionary<(long Rank, long Seq), PromptGroup>> _heads = [];

    /// <summary>How many heads any worker may run, and the first key of them: of each account they are asked for at every look.</summary>
    private int _anybodys;
    private (long Rank, long Seq)? _first;

    public string Account => account;

    /// <summary>Whether there are no prompts, due or not.</summary>
    public bool IsEmpty => _groups.Count == 0;

    /// <summary>Whether any worker may run a prompt.</summary>
    public bool HasDue => _heads.Count > 0;

    /// <summary>Whether there are due prompts that only one worker may run.</summary>
    public bool HasOwn => _heads.Count > Math.Min(_anybodys, 1);

    /// <summary>Where the <see cref="DueAccountList"/> has this account; null: it has not.</summary>
    public int? DueIndex { get; set; }

    /// <summary>Counts the groups with due prompts that this worker may run.</summary>
    public int CountHeads(Guid worker) => _anybodys + (OwnOf(worker)?.Count ?? 0);

    /// <summary>The key of the first due prompt that this worker may run; null: there is none.</summary>
    public (long Rank, long Seq)? First(Guid worker) =>
        OwnOf(worker)?.First().Key is not { } own || (_first is { } key && key.CompareTo(own) < 0) ? _first : own;

    /// <summary>Adds a prompt to its group; not yet to those that are due.</summary>
    public PromptGroup Enter(string? model, string options, Guid worker)
    {
        if (!_groups.TryGetValue((model, options, worker), out var group))
        {
            _groups[(model, options, worker)] = group = new(this, model, options, worker);
            if (!_ofModel.TryGetValue(model ?? "", out var groups))
                _ofModel[model ?? ""] = groups = [];
            groups.Add(group);
        }
        group.Entries++;
        return group;
    }

    /// <summary>Removes a prompt from its group.</summary>
    public void Leave(PromptGroup group, (long Rank, long Seq) key)
    {
        SetNotDue(group, key);
        if (--group.Entries == 0)
            Remove(group);
    }

    public void SetDue(PromptGroup group, QueuedPrompt prompt)
    {
        var before = group.Keys.First;
        group.Keys.Add(prompt.Key);
        if (!prompt.IsOrdinary)
            group.Preferred.Add(prompt.Key);
        MoveHead(group, before);
    }

    public void SetNotDue(PromptGroup group, (long Rank, long Seq) key)
    {
        var before = group.Keys.First;
        group.Keys.Remove(key);
        group.Preferred.Remove(key);
        MoveHead(group, before);
    }

    /// <summary>The first groups of these models, and of prompts that name no model.</summary>
    public IEnumerable<PromptGroup> Wanted(IReadOnlySet<string> models, Guid worker, int most)
    {
        var found = Heads(worker).Take(MaxScanned).Where(IsWanted).Take(most).ToList();
        if (found.Count == most || _groups.Count <= MaxScanned)
            return found;
        var all = models.Count < _ofModel.Count
            ? models.Append("").SelectMany(model => _ofModel.GetValueOrDefault(model) ?? [])
            : _groups.Values.Where(IsWanted);
        return all.Where(group => group.Keys.Count > 0 && (group.Worker == Guid.Empty || group.Worker == worker))
            .OrderBy(group => group.Keys.First).Take(most);

        bool IsWanted(PromptGroup group) => group.Model is null or "" || models.Contains(group.Model);
    }

    /// <summary>The groups with these keys that have due prompts and that this worker may run.</summary>
    public IEnumerable<PromptGroup> Named(IEnumerable<LoadKey> keys, Guid worker) => keys
        .SelectMany(key => new[] { Guid.Empty, worker }.Select(only => _groups.GetValueOrDefault((key.Model, key.Options, only))))
        .OfType<PromptGroup>()
        .Where(group => group.Keys.Count > 0);

    /// <summary>The groups with due prompts that this worker may run, in the order of their first keys.</summary>
    public IEnumerable<PromptGroup> Heads(Guid worker)
    {
        using var anybodys = HeadsOf(Guid.Empty).GetEnumerator();
        using var own = (worker == Guid.Empty ? [] : HeadsOf(worker)).GetEnumerator();
        var (more, moreOwn) = (anybodys.MoveNext(), own.MoveNext());
        while (more || moreOwn)
        {
            var isOwn = !more || (moreOwn && own.Current.Key.CompareTo(anybodys.Current.Key) < 0);
            yield return (isOwn ? own : anybodys).Current.Value;
            if (isOwn)
                moreOwn = own.MoveNext();
            else
                more = anybodys.MoveNext();
        }
    }

    private SortedDictionary<(long Rank, long Seq), PromptGroup> HeadsOf(Guid worker) => _heads.GetValueOrDefault(worker) ?? [];

    private void Remove(PromptGroup group)
    {
        _groups.Remove((group.Model, group.Options, group.Worker));
        var groups = _ofModel[group.Model ?? ""];
        groups.Remove(group);
        if (groups.Count == 0)
            _ofModel.Remove(group.Model ?? "");
    }

    /// <summary>The heads that only this worker may run; null: there are none.</summary>
    private SortedDictionary<(long Rank, long Seq), PromptGroup>? OwnOf(Guid worker) =>
        worker == Guid.Empty || !HasOwn ? null : _heads.GetValueOrDefault(worker);

    /// <param name="group">The group that has changed.</param>
    /// <param name="before">Its first key before the change.</param>
    private void MoveHead(PromptGroup group, (long Rank, long Seq)? before)
    {
        var after = group.Keys.First;
        if (before == after)
            return;
        if (!_heads.TryGetValue(group.Worker, out var heads))
            _heads[group.Worker] = heads = [];
        if (before is { } old)
            heads.Remove(old);
        if (after is { } head)
            heads.Add(head, group);
        if (heads.Count == 0)
            _heads.Remove(group.Worker);
        if (group.Worker != Guid.Empty)
            return;
        _anybodys = heads.Count;
        if (heads.Count == 0)
            _first = null;
        else if (_first is not { } first || before == first || (after is { } key && key.CompareTo(first) < 0))
            _first = heads.First().Key;
    }
}

/// <summary>The queued prompts of an account for one model and one way to load it.</summary>
/// <param name="queue">The account's.</param>
/// <param name="model">The canonical name of the model; null: the worker's default.</param>
/// <param name="options">The options that it is loaded with.</param>
/// <param name="worker">The only worker that may run its prompts; an empty id: any worker may.</param>
internal sealed class PromptGroup(AccountQueue queue, string? model, string options, Guid worker)
{
    public AccountQueue Queue => queue;

    public string? Model => model;

    public string Options => options;

    public Guid Worker => worker;

    /// <summary>The keys of its due prompts.</summary>
    public QueueKeyList Keys { get; } = new();

    /// <summary>The keys of those that may use reserved slots; see <see cref="QueuedPrompt.IsOrdinary"/>.</summary>
    public QueueKeyList Preferred { get; } = new();

    /// <summary>How many prompts it has, due or not.</summary>
    public int Entries { get; set; }
}
