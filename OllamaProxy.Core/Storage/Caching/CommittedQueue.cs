using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// In-memory copy of the queue, so that positions and snapshots take the same time however long the queue is and however many models it
/// has. The store keeps it up to date, from one thread; reading it is safe for many threads.
/// </summary>
/// <param name="ageingStep">The head start per point of priority.</param>
/// <param name="time">The clock.</param>
internal sealed class CommittedQueue(TimeSpan ageingStep, TimeProvider time)
{
    /// <summary>How old a position may be: other processes may have written since.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    /// <summary>The workers that alone may run a prompt, by the prompt's number. Prompts that any worker may run are left out.</summary>
    private readonly Dictionary<long, Guid> _workers = [];
    private QueuePositionIndex _queued = new();
    private long? _caughtUpAt;

    /// <summary>Whether the last catch-up succeeded.</summary>
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

    /// <summary>Whether all commits of any process up to this long ago are known.</summary>
    public bool IsCaughtUpWithin(TimeSpan age)
    {
        lock (_lock)
            return _caughtUpAt is { } at && time.GetElapsedTime(at) < age;
    }

    /// <summary>The prompts that a worker may run next.</summary>
    /// <param name="terms">What the worker asks for.</param>
    /// <param name="running">The leases of all workers.</param>
    public QueueSnapshot Offer(SnapshotTerms terms, RunningLeases running)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            var prompts = _queued.Offer(terms, running.Seqs, now, out var isPartial);
            return new(_queued.Count, prompts, running.Leases, isPartial)
            {
                Held = _queued.Held,
                Accounts = _queued.DueAccounts,
                CutAccounts = _queued.CutAccounts,
            };
        }
    }

    /// <summary>
    /// How many queued prompts come before this key; null: the last catch-up is over a second old, so that another process may have
    /// written since.
    /// </summary>
    public long? CountAhead(long rank, long seq)
    {
        lock (_lock)
            return _caughtUpAt is { } at && time.GetElapsedTime(at) < GoodFor ? _queued.CountBefore((rank, seq)) : null;
    }

    /// <summary>Records the last catch-up; null: it failed.</summary>
    /// <param name="timestamp">When the catch-up began, by the monotonic clock.</param>
    public void OnCaughtUp(long? timestamp)
    {
        lock (_lock)
            _caughtUpAt = timestamp;
    }

    /// <summary>Sets the worker that alone may run a prompt, before the prompt itself is set; null: any worker may.</summary>
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

    /// <summary>Replaces the whole queue.</summary>
    /// <param name="workers">The workers that alone may run a prompt, by its number.</param>
    /// <param name="rows">The queued prompts.</param>
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
        var prompt = new QueuedPrompt(row.Seq, row.Model, row.Rank, row.Priority, arrival)
        {
            LoadOptions = row.LoadOptions,
            Account = row.Account,
        };
        queued.Set(prompt, row.AvailableAt, _workers.GetValueOrDefault(row.Seq));
    }
}

/// <summary>A queued prompt, as the store holds it.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Model">Its model; null: it names none.</param>
/// <param name="Rank">Its rank in the queue.</param>
/// <param name="AvailableAt">When it is due, in milliseconds since 1970.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="LoadOptions">The options that its model is loaded with; empty: none.</param>
/// <param name="Account">To whom it is charged; empty: nobody in particular.</param>
internal readonly record struct QueuedRow(
    long Seq, string? Model, long Rank, long AvailableAt, int Priority, string LoadOptions, string Account);
