using System.Collections.Immutable;
using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Index of the queued prompts: one list of all keys for positions, and for snapshots an <see cref="AccountQueue"/> for each account. Not
/// safe for many threads.
/// </summary>
internal sealed class QueuePositionIndex
{
    /// <summary>How many prompts are offered of models that are not loaded, unless <see cref="MinPerGroup"/> requires more.</summary>
    private const int MaxPrompts = 64;
    private const int MinPerGroup = 2;

    /// <summary>
    /// Like <see cref="MaxPrompts"/>, of loaded models. More would slow down each decision; fewer would leave slots free where prompts are
    /// short.
    /// </summary>
    private const int MaxLoadedPrompts = 128;

    /// <summary>How many prompts are offered at least of what is loaded: its groups, one for each account, share them.</summary>
    private const int MinPerLoad = 8;

    private readonly QueueKeyList _all = new();
    private readonly Dictionary<long, Entry> _entries = [];
    private readonly Dictionary<string, AccountQueue> _accounts = [];
    private readonly DueAccountList _due = new();

    /// <summary>The prompts that are not due yet, with the millisecond in which they will be.</summary>
    private readonly PriorityQueue<long, long> _later = new();

    /// <summary>The prompts that would be due, but are held back; see <see cref="SnapshotTerms.HoldsBulk"/>.</summary>
    private readonly HashSet<long> _held = [];
    private bool _holdsBulk;

    /// <summary>The time of the last snapshot, in milliseconds since 1970.</summary>
    private long _now;

    /// <summary>The accounts with due prompts, as of the last snapshot and what was changed since.</summary>
    public ImmutableHashSet<string> DueAccounts => _due.Names;

    /// <summary>The accounts of which the last snapshot did not have all due prompts, though it had some.</summary>
    public IReadOnlySet<string> CutAccounts { get; private set; } = ImmutableHashSet<string>.Empty;

    /// <summary>How many prompts there are, due or not.</summary>
    public int Count => _all.Count;

    /// <summary>How many prompts are held back though they would be due.</summary>
    public int Held => _held.Count;

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
        if (!_accounts.TryGetValue(prompt.Account, out var account))
            _accounts[prompt.Account] = account = new(prompt.Account);
        var model = prompt.Model is null ? null : ModelName.Canonical(prompt.Model);
        var entry = new Entry(prompt, account.Enter(model, prompt.LoadOptions, worker), availableAt);
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
        _held.Remove(seq);
        var account = entry.Group.Queue;
        account.Leave(entry.Group, entry.Prompt.Key);
        _due.Update(account);
        if (account.IsEmpty)
            _accounts.Remove(account.Account);
    }

    /// <summary>Selects the first due prompts of the groups that matter to a worker; see <see cref="AccountSelection"/>.</summary>
    /// <param name="terms">What the worker asks for.</param>
    /// <param name="leased">Prompts that have a lease, so that they cannot be claimed yet.</param>
    /// <param name="now">The time, in milliseconds since 1970.</param>
    /// <param name="isPartial">Whether other groups have due prompts as well.</param>
    public List<QueuedPrompt> Offer(SnapshotTerms terms, IReadOnlySet<long> leased, long now, out bool isPartial)
    {
        if (now < _now)
            Undo(now);
        _now = now;
        HoldBulk(terms.HoldsBulk);
        while (_later.TryPeek(out var seq, out var availableAt) && availableAt <= now)
        {
            _later.Dequeue();
            if (_entries.TryGetValue(seq, out var entry) && entry.AvailableAt == availableAt)
                SetDue(entry);
        }

        var accounts = _due.For(terms.Worker);
        var chosen = AccountSelection.Of(accounts, terms);
        isPartial = chosen.Count < accounts.Sum(account => account.Heads);

        var loaded = chosen.Where(group => group.Model is null || terms.Loaded.Contains(new(group.Model, group.Options))).ToHashSet();
        var loads = loaded.Select(group => (group.Model, group.Options)).Distinct().Count();
        var perGroup = Share(MaxPrompts, chosen.Count, MinPerGroup);
        var perLoadedGroup = Share(
            MaxLoadedPrompts, loaded.Count, Math.Max(MinPerGroup, MinPerLoad * loads / Math.Max(loaded.Count, 1)));
        var (offered, cut) = (new List<QueuedPrompt>(), new HashSet<string>());
        foreach (var group in chosen)
        {
            var left = loaded.Contains(group) ? perLoadedGroup : perGroup;
            var most = left;
            foreach (var key in group.Keys.All)
            {
                if (left == 0)
                {
                    cut.Add(group.Queue.Account);
                    if (terms.HasReservedSlots)
                        offered.AddRange(PreferredFrom(group, key).Take(most));
                    break;
                }
                if (leased.Contains(key.Seq))
                    continue;
                offered.Add(_entries[key.Seq].Prompt);
                left--;
            }
        }
        cut.UnionWith(chosen.GroupBy(group => group.Queue)
            .Where(groups => groups.Count() < groups.Key.CountHeads(terms.Worker)).Select(groups => groups.Key.Account));
        CutAccounts = cut;
        offered.Sort((one, other) => one.Key.CompareTo(other.Key));
        return offered;

        IEnumerable<QueuedPrompt> PreferredFrom(PromptGroup group, (long Rank, long Seq) from) => group.Preferred.All
            .Where(key => key.CompareTo(from) >= 0 && !leased.Contains(key.Seq)).Select(key => _entries[key.Seq].Prompt);

        int Share(int prompts, int groups, int least) => Math.Min(terms.PerModel, Math.Max(least, prompts / Math.Max(groups, 1)));
    }

    /// <summary>Takes back what became due, after the clock was put back.</summary>
    private void Undo(long now)
    {
        foreach (var (seq, entry) in _entries)
        {
            if (entry.AvailableAt <= now)
                continue;
            SetNotDue(entry);
            _later.Enqueue(seq, entry.AvailableAt);
        }
    }

    /// <summary>Holds the bulk prompts back that are due, or no longer holds any back.</summary>
    private void HoldBulk(bool holds)
    {
        if (holds == _holdsBulk)
            return;
        _holdsBulk = holds;
        var entries = holds ? _entries.Values.Where(entry => entry.Prompt.IsBulk && entry.AvailableAt <= _now)
            : _held.Select(seq => _entries[seq]);
        foreach (var entry in entries.ToList())
        {
            if (holds)
                SetNotDue(entry);
            SetDue(entry);
        }
        if (!holds)
            _held.Clear();
    }

    private void SetNotDue(Entry entry)
    {
        _held.Remove(entry.Prompt.Seq);
        entry.Group.Queue.SetNotDue(entry.Group, entry.Prompt.Key);
        _due.Update(entry.Group.Queue);
    }

    private void SetDue(Entry entry)
    {
        if (_holdsBulk && entry.Prompt.IsBulk)
        {
            _held.Add(entry.Prompt.Seq);
            return;
        }
        entry.Group.Queue.SetDue(entry.Group, entry.Prompt);
        _due.Update(entry.Group.Queue);
    }

    private readonly record struct Entry(QueuedPrompt Prompt, PromptGroup Group, long AvailableAt);
}
