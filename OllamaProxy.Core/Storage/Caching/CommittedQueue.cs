using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// The order of the queue in memory, as of the last commit that is known here, so that a position and an offer cost the same however long
/// the queue is and however many models it has. Its store fills it, from one thread; safe to be asked by many.
/// </summary>
/// <param name="ageingStep">How much of a head start a point of priority is.</param>
/// <param name="time">The clock.</param>
internal sealed class CommittedQueue(TimeSpan ageingStep, TimeProvider time)
{
    /// <summary>For so long a position is good without a look at what other processes wrote.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    /// <summary>The prompts that only one worker may run.</summary>
    private readonly Dictionary<long, Guid> _workers = [];
    private QueuePositionIndex _queued = new();
    private long? _caughtUpAt;

    /// <summary>Whether the last catching up went well.</summary>
    public bool IsCaughtUp
    {
        get
        {
            lock (_lock)
                return _caughtUpAt is not null;
        }
    }

    /// <summary>How many prompts are queued.</summary>
    public long Count
    {
        get
        {
            lock (_lock)
                return _queued.Count;
        }
    }

    /// <summary>Whether this knew of every commit within that time, whoever made it.</summary>
    public bool IsCaughtUpWithin(TimeSpan age)
    {
        lock (_lock)
            return _caughtUpAt is { } at && time.GetElapsedTime(at) < age;
    }

    /// <summary>What there is to be run.</summary>
    /// <param name="terms">What is wanted.</param>
    /// <param name="running">What runs.</param>
    public QueueSnapshot Offer(SnapshotTerms terms, RunningLeases running)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
            return new(_queued.Count, _queued.Offer(terms, running.Seqs, now, out var isPartial), running.Leases, isPartial);
    }

    /// <summary>
    /// How many queued prompts come before this place; null: this has not caught up for a second, so that another process may have written
    /// since.
    /// </summary>
    public long? CountAhead(long rank, long seq)
    {
        lock (_lock)
            return _caughtUpAt is { } at && time.GetElapsedTime(at) < GoodFor ? _queued.CountBefore((rank, seq)) : null;
    }

    /// <summary>Takes note of when this last caught up; null: it could not.</summary>
    /// <param name="timestamp">When catching up was begun, by the monotonic clock.</param>
    public void OnCaughtUp(long? timestamp)
    {
        lock (_lock)
            _caughtUpAt = timestamp;
    }

    /// <summary>Says who alone may run a prompt; null: anybody. To be said before the prompt is set.</summary>
    public void SetWorker(long seq, Guid? worker)
    {
        if (worker is { } only)
            _workers[seq] = only;
        else
            _workers.Remove(seq);
    }

    /// <summary>Adds a queued prompt, or changes it.</summary>
    public void Set(QueuedRow row)
    {
        lock (_lock)
            Set(_queued, row);
    }

    /// <summary>Removes a prompt that is not queued any more.</summary>
    public void Remove(long seq)
    {
        lock (_lock)
            _queued.Remove(seq);
    }

    /// <summary>Puts other prompts in the place of all.</summary>
    /// <param name="workers">Who alone may run which.</param>
    /// <param name="rows">All that are queued.</param>
    public void Replace(IEnumerable<(long Seq, Guid? Worker)> workers, IEnumerable<QueuedRow> rows)
    {
        _workers.Clear();
        foreach (var (seq, worker) in workers)
            SetWorker(seq, worker);
        var queued = new QueuePositionIndex();
        foreach (var row in rows)
            Set(queued, row);
        lock (_lock)
            _queued = queued;
    }

    private void Set(QueuePositionIndex queued, QueuedRow row)
    {
        var arrival = QueueRank.ArrivalOf(row.Rank, row.Priority, ageingStep);
        queued.Set(new(row.Seq, row.Model, row.Rank, row.Priority, arrival), row.AvailableAt, _workers.GetValueOrDefault(row.Seq));
    }
}

/// <summary>A queued prompt, as the store holds it.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Model">Its model; null: it names none.</param>
/// <param name="Rank">Its place in the order of the queue.</param>
/// <param name="AvailableAt">When it is due, in milliseconds since 1970.</param>
/// <param name="Priority">Its priority.</param>
internal readonly record struct QueuedRow(long Seq, string? Model, long Rank, long AvailableAt, int Priority);
