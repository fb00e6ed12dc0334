using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// What the store offers of the queue, and what is left of that a moment later: to look is what costs most where prompts are quick.
/// Used by one drain at a time; <see cref="IsEmpty"/> by anybody.
/// </summary>
internal sealed class OfferCache(IPromptStore store, QueueSignal signal, WorkerIdentity identity, TimeSpan pollInterval, TimeProvider time)
{
    /// <summary>How many prompts of a model are looked at for one decision; some also without room, since some need none.</summary>
    private const int MinPerModel = 8;
    private const int MaxPerModel = 64;

    /// <summary>For how long an offer is good where prompts are quick, and for how many of those it is asked for.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromMilliseconds(10);
    private const int FollowersAhead = 16;

    /// <summary>How often the queue is looked at while there is no room: for prompts that fail without, since no backend has their model.</summary>
    private static readonly TimeSpan FullLookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Where nothing of a partial offer could be run, more models are looked at, and again more, for a second; but that is not begun
    /// each time that something happens in the queue, since such a look takes long.
    /// </summary>
    private const int FirstModels = 8;
    private const int MaxFirstModels = 4096;
    private static readonly TimeSpan WideLookInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan WideLooksLast = TimeSpan.FromSeconds(1);

    private static readonly QueueOffer Nothing = new(0, [], []);

    private int _firstModels = FirstModels;
    private long? _lookedAt;
    private long? _widenedAt;
    private long _changesSeen;
    private volatile bool _isEmpty;

    /// <summary>What was offered last, without what was taken of it.</summary>
    public QueueOffer Current { get; private set; } = Nothing;

    /// <summary>Whether nothing was queued at the last look, and nobody has said since that there may be.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Whether the queue is to be looked at although there is no room.</summary>
    public bool IsDueWhenFull => _lookedAt is not { } at || time.GetElapsedTime(at) >= FullLookInterval;

    /// <summary>
    /// Whether <see cref="Current"/> is good enough. What is to follow what runs is claimed ahead of its time anyway: for that, what was
    /// offered a moment ago is, and for a free slot as long as nothing was queued since.
    /// </summary>
    /// <param name="free">How many free slots there are.</param>
    /// <param name="followers">How many prompts can be claimed to follow what runs.</param>
    public bool IsGoodFor(int free, int followers) =>
        _lookedAt is { } at && time.GetElapsedTime(at) < GoodFor && Current.Prompts.Count >= free + followers
        && (free == 0 || signal.Changes == _changesSeen);

    /// <summary>Looks at the queue.</summary>
    /// <param name="room">How many prompts there is room for.</param>
    /// <param name="modelsWithRoom">The models of backends that have room; see <see cref="OfferTerms.ModelsWithRoom"/>.</param>
    /// <param name="loadedModels">Those of them that are loaded.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">It cannot be looked at.</exception>
    public async Task<QueueOffer> LookAsync(
        int room, IReadOnlyList<IReadOnlySet<string>> modelsWithRoom, IReadOnlySet<string> loadedModels, CancellationToken cancellationToken)
    {
        _changesSeen = signal.Changes;
        if (_widenedAt is { } at && time.GetElapsedTime(at) >= WideLooksLast)
            _firstModels = FirstModels;
        var terms = new OfferTerms(Math.Clamp(room * FollowersAhead, MinPerModel, MaxPerModel), identity.Token)
        {
            FirstModels = _firstModels,
            ModelsWithRoom = modelsWithRoom,
            LoadedModels = loadedModels,
            Freshness = pollInterval,
        };
        Current = await store.OfferAsync(terms, cancellationToken);
        _lookedAt = time.GetTimestamp();
        _isEmpty = Current.Queued == 0;
        return Current;
    }

    /// <summary>Takes note that nobody looks, though something may have been queued.</summary>
    public void NoteUnseen() => _isEmpty = false;

    /// <summary>Takes what is about to be claimed out of <see cref="Current"/>.</summary>
    public void Take(IReadOnlyCollection<Assignment> assignments)
    {
        var taken = assignments.Select(assignment => assignment.Prompt.Seq).ToHashSet();
        Current = Current with
        {
            Prompts = [.. Current.Prompts.Where(prompt => !taken.Contains(prompt.Seq))],
            Queued = Current.Queued - assignments.Count,
        };
    }

    /// <summary>Has the next look go further, since nothing of the current offer could be run. False: it goes as far as it may for now.</summary>
    public bool TryWiden()
    {
        var isDue = _widenedAt is not { } at || time.GetElapsedTime(at) >= WideLookInterval;
        if (!Current.IsPartial || _firstModels >= MaxFirstModels || (_firstModels == FirstModels && !isDue))
        {
            _firstModels = FirstModels;
            return false;
        }
        (_firstModels, _widenedAt) = (_firstModels * 8, time.GetTimestamp());
        return true;
    }

    /// <summary>Forgets the offer: it was not as good as that.</summary>
    public void Forget() => Current = Nothing;
}
