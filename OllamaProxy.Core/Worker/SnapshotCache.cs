using OllamaProxy.Configuration;
using OllamaProxy.Notifications;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// Caches the snapshot of the queue, less what has been claimed since: where prompts are quick, reading it costs most.
/// Used by one drain at a time; <see cref="IsEmpty"/> by anybody.
/// </summary>
internal sealed class SnapshotCache(
    IWorkQueue store, QueueSignal signal, AccountLedger accounts, WorkerIdentity identity, OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>How many prompts of a model are looked at for one decision; some also without room, since some need none.</summary>
    private const int MinPerModel = 8;
    private const int MaxPerModel = 64;

    /// <summary>For how long an offer is good where prompts are quick, and for how many of those it is asked for.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromMilliseconds(10);
    private const int PrefetchFactor = 16;

    /// <summary>
    /// How often the queue is looked at while there is no room: for prompts that fail without, since no backend has their model.
    /// </summary>
    private static readonly TimeSpan FullLookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// For how long models are passed over that could not be asked for anywhere, so that others come into sight; and how many.
    /// </summary>
    private static readonly TimeSpan StuckFor = TimeSpan.FromSeconds(1);
    private const int MaxStuck = 4096;

    /// <summary>Of how many models the first prompts are looked at, at the least.</summary>
    private const int FirstModels = 8;

    private static readonly QueueSnapshot Nothing = new(0, [], []);

    private readonly HashSet<string> _stuck = [];
    private long? _lookedAt;
    private long? _stuckSince;
    private bool _isStuckOver;
    private long _changesSeen;
    private bool _isUsedUp;
    private volatile bool _isEmpty;

    /// <summary>What was offered last, without what was taken of it.</summary>
    public QueueSnapshot Current { get; private set; } = Nothing;

    /// <summary>Whether nothing was queued at the last look, and nobody has said since that there may be.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Whether the queue is to be looked at although there is no room.</summary>
    public bool IsDueWhenFull => _lookedAt is not { } at || time.GetElapsedTime(at) >= FullLookInterval;

    /// <summary>
    /// Whether <see cref="Current"/> is good enough. What is to follow what runs is claimed ahead of its time anyway: for that, what was
    /// offered a moment ago is, and for a free slot as long as nothing was queued since. But no account is passed over only since all that
    /// was offered of it has been taken.
    /// </summary>
    /// <param name="free">How many free slots there are.</param>
    /// <param name="prefetchable">How many prompts can be claimed to follow what runs.</param>
    public bool IsGoodFor(int free, int prefetchable) =>
        !_isUsedUp && _lookedAt is { } at && time.GetElapsedTime(at) < GoodFor && Current.Prompts.Count >= free + prefetchable
        && (free == 0 || signal.Changes == _changesSeen);

    /// <summary>Looks at the queue.</summary>
    /// <param name="room">How many prompts there is room for.</param>
    /// <param name="modelsWithRoom">The models of backends that have room; see <see cref="SnapshotTerms.ModelsWithRoom"/>.</param>
    /// <param name="loaded">What of them is loaded, and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">The queue cannot be read.</exception>
    public async Task<QueueSnapshot> LookAsync(
        int room, IReadOnlyList<IReadOnlySet<string>> modelsWithRoom, IReadOnlySet<LoadKey> loaded,
            CancellationToken cancellationToken)
    {
        _changesSeen = signal.Changes;
        if (Interlocked.Exchange(ref _isStuckOver, false) || (_stuckSince is { } at && time.GetElapsedTime(at) >= StuckFor))
            _stuck.Clear();
        var perModel = Math.Clamp(room * PrefetchFactor, MinPerModel, MaxPerModel);
        // Whose owner may begin no more comes last.
        var (counters, owners) = (accounts.Counters, accounts.Room);
        var terms = new SnapshotTerms(perModel, identity.Token)
        {
            // Twice as many each time: however many are stuck, a few looks are enough.
            FirstModels = Math.Max(FirstModels, _stuck.Count),
            PassedOver = _stuck,
            ModelsWithRoom = modelsWithRoom,
            Loaded = loaded,
            // However many prompts are claimed from one snapshot, it has the account that has been served least then.
            Accounts = perModel,
            CounterOf = account => owners.Has(account) ? counters.CounterOf(account) : double.PositiveInfinity,
            FairnessWindow = options.FairnessWindow,
            HoldsBulk = options.BulkHours?.IsOpen(time.GetUtcNow()) is false,
            HasReservedSlots = options.Backends.Any(backend => backend.Reserved > 0),
            Freshness = options.PollInterval / 2, // Polls vary in time, and each must see what other processes wrote before it.
        };
        Current = await store.ReadSnapshotAsync(terms, cancellationToken);
        _isUsedUp = false;
        _lookedAt = time.GetTimestamp();
        _isEmpty = Current.Queued == 0;
        return Current;
    }

    /// <summary>Takes note that nobody looks, though something may have been queued.</summary>
    public void Invalidate() => _isEmpty = false;

    /// <summary>Takes what is about to be claimed out of <see cref="Current"/>.</summary>
    public void Take(IReadOnlyCollection<Assignment> assignments)
    {
        var taken = assignments.Select(assignment => assignment.Prompt.Seq).ToHashSet();
        Current = Current with
        {
            Prompts = [.. Current.Prompts.Where(prompt => !taken.Contains(prompt.Seq))],
            Queued = Current.Queued - assignments.Count,
        };
        _isUsedUp = Current.Accounts.Count > 1 && !Current.CutAccounts.IsSubsetOf(Current.Prompts.Select(prompt => prompt.Account));
    }

    /// <summary>
    /// Whether another look shows models that this one did not: those that could not be asked for anywhere are passed over.
    /// </summary>
    public bool CanGoFurther { get; private set; }

    /// <summary>
    /// Takes note that the backends are not what they were, so that no model is passed over any more. Safe for many threads.
    /// </summary>
    public void OnBackendsChanged() => _isStuckOver = true;

    /// <summary>Takes note of models that could not be asked for anywhere.</summary>
    public void RecordStuck(IReadOnlyCollection<string> models)
    {
        var before = _stuck.Count;
        // Where all models are offered, there is nothing behind them.
        if (Current.IsPartial && _stuck.Count < MaxStuck)
            _stuck.UnionWith(models);
        CanGoFurther = _stuck.Count > before;
        if (before == 0 && _stuck.Count > 0)
            _stuckSince = time.GetTimestamp();
    }

    /// <summary>Discards the snapshot, which turned out to be stale.</summary>
    public void Clear() => Current = Nothing;
}
