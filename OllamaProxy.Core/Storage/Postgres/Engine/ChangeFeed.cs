using Npgsql;
using OllamaProxy.Notifications;
using OllamaProxy.Storage.Caching;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// Keeps a <see cref="CommittedQueue"/> up to date from the table <c>changes</c>. It reads the changes that the snapshot of its last read
/// did not see: so it misses none, in whatever order transactions commit, and reads none twice. Only the writer uses it.
/// </summary>
internal sealed class ChangeFeed
{
    /// <summary>
    /// After a longer pause the whole queue is read again. Changes are kept for ten minutes at least, which leaves a margin.
    /// </summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private const string Look = "SELECT pg_current_snapshot()::text, clock_timestamp()";

    private const string ChangedSince =
        $"""
        SELECT changed.seq, prompts.status = 'queued', model, rank, available_at, priority, worker, options, account
        FROM (
            SELECT DISTINCT seq FROM {ProxySchema}.changes
            WHERE xact >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xact, $1::text::pg_snapshot)) AS changed
        LEFT JOIN {ProxySchema}.prompts USING (seq) LEFT JOIN {ProxySchema}.connections USING (seq)
        LEFT JOIN {ProxySchema}.load_options USING (seq)
        """;

    private const string All =
        $"""
        SELECT seq, TRUE, model, rank, available_at, priority, worker, options, account
        FROM {ProxySchema}.prompts LEFT JOIN {ProxySchema}.connections USING (seq) LEFT JOIN {ProxySchema}.load_options USING (seq)
        WHERE status = 'queued'
        """;

    private readonly PromptCache _recent;
    private readonly ChangeNotifier _notifier;
    private readonly DatabaseClock? _clock;
    private readonly TimeProvider _time;
    private string? _snapshot;
    private DateTimeOffset _lookedAt;
    private long _begunAt;
    private int _isWrittenElsewhere;
    private bool _isElsewhere;

    /// <param name="recent">Drops the prompts that have changed.</param>
    /// <param name="notifier">Is notified of changes, after the queue and the cache are up to date.</param>
    /// <param name="ageingStep">How much of a head start a point of priority is.</param>
    /// <param name="time">The clock for stored times.</param>
    public ChangeFeed(PromptCache recent, ChangeNotifier notifier, TimeSpan ageingStep, TimeProvider time)
    {
        _recent = recent;
        _notifier = notifier;
        _time = time;
        _clock = time as DatabaseClock;
        Queue = new(ageingStep, time);
    }

    /// <summary>The queue as of the last read.</summary>
    public CommittedQueue Queue { get; }

    /// <summary>From where leases are looked for.</summary>
    public LeaseFloor LeaseFloor { get; } = new();

    /// <summary>The statements that read the changes. They are run after a commit, outside of its transaction.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Statements()
    {
        _begunAt = _time.GetTimestamp();
        _isElsewhere = Interlocked.Exchange(ref _isWrittenElsewhere, 0) != 0;
        return [Statement(Look), _snapshot is null ? Statement(All) : Statement(ChangedSince, PostgresValues.Word(_snapshot))];
    }

    /// <summary>Reads the results of <see cref="Statements"/>.</summary>
    public async Task ReadAsync(NpgsqlDataReader rows)
    {
        await rows.ReadAsync();
        var (snapshot, now) = (rows.GetString(0), rows.Time(1));
        _clock?.Correct(now, _begunAt, _time.GetTimestamp());
        await rows.NextResultAsync();
        var changed = await rows.ListAsync(Read, default);
        var isAll = _snapshot is null;
        if (!isAll && now - _lookedAt > Memory)
        {
            // Some of the changes may have been deleted: the next read takes the whole queue.
            Forget();
            return;
        }
        (_snapshot, _lookedAt) = (snapshot, now);
        if (isAll)
            TakeAll(changed);
        else if (changed.Count > 0)
            Take(changed);
        Queue.OnCaughtUp(_begunAt);
        if (isAll)
            _notifier.NotifyAnyChanged();
        else if (changed.Count > 0)
            _notifier.NotifyChanged([.. changed.Select(each => each.Seq)]);
        if (_isElsewhere && changed.Exists(each => each.Queued is not null))
            _notifier.NotifyQueuedElsewhere();
    }

    /// <summary>Another instance says that it wrote something. Safe for many threads.</summary>
    public void OnWrittenElsewhere() => Volatile.Write(ref _isWrittenElsewhere, 1);

    /// <summary>Has the next read take the whole queue: one has failed, or the server may be another after a failover.</summary>
    public void Forget()
    {
        _snapshot = null;
        LeaseFloor.Forget();
        Queue.OnCaughtUp(null);
        _recent.ForgetAll();
        _notifier.NotifyAnyChanged();
    }

    private void TakeAll(List<Change> all)
    {
        _recent.ForgetAll();
        Queue.Replace(all.Select(each => (each.Seq, each.Worker)), all.Select(each => each.Queued!.Value));
    }

    private void Take(List<Change> changed)
    {
        _recent.Forget([.. changed.Select(each => each.Seq)]);
        foreach (var (seq, worker, queued) in changed)
        {
            Queue.SetWorker(seq, worker);
            if (queued is { } row)
                Queue.Set(row);
            else
                Queue.Remove(seq);
        }
    }

    private static Change Read(NpgsqlDataReader row)
    {
        var (seq, worker) = (row.GetInt64(0), row.UuidOrNull(6));
        return row.IsDBNull(1) || !row.GetBoolean(1)
            ? new(seq, worker, null)
            : new(seq, worker, new(seq, row.Utf8(2), row.GetInt64(3), row.GetInt64(4), row.GetInt32(5),
                row.IsDBNull(7) ? "" : row.GetString(7), row.TextOrNull(8) ?? ""));
    }

    private readonly record struct Change(long Seq, Guid? Worker, QueuedRow? Queued);
}
