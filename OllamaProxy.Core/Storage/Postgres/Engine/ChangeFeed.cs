using Npgsql;
using OllamaProxy.Notifications;
using OllamaProxy.Storage.Caching;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// Keeps a <see cref="CommittedQueue"/> by the table <c>changes</c>: it asks for what the snapshot of its last look did not see, so that it
/// misses nothing however transactions overtake each other, and reads no row of the queue twice. Only the writer uses it.
/// </summary>
internal sealed class ChangeFeed
{
    /// <summary>Changes are kept for at least ten minutes; who looked longer ago reads the queue anew.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private const string Look = "SELECT pg_current_snapshot()::text, clock_timestamp()";

    private const string ChangedSince =
        $"""
        SELECT changed.seq, prompts.status = 'queued', model, rank, available_at, priority, worker
        FROM (
            SELECT DISTINCT seq FROM {ProxySchema}.changes
            WHERE xact >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xact, $1::text::pg_snapshot)) AS changed
        LEFT JOIN {ProxySchema}.prompts USING (seq) LEFT JOIN {ProxySchema}.connections USING (seq)
        """;

    private const string All =
        $"""
        SELECT seq, TRUE, model, rank, available_at, priority, worker
        FROM {ProxySchema}.prompts LEFT JOIN {ProxySchema}.connections USING (seq) WHERE status = 'queued'
        """;

    private readonly PromptCache _recent;
    private readonly ChangeNotifier _notifier;
    private readonly DatabaseClock? _clock;
    private readonly TimeProvider _time;
    private string? _snapshot;
    private DateTimeOffset _lookedAt;
    private long _begunAt;

    /// <param name="recent">Told of what was changed.</param>
    /// <param name="notifier">Told of it too, once everything else knows.</param>
    /// <param name="ageingStep">How much of a head start a point of priority is.</param>
    /// <param name="time">The clock that rules.</param>
    public ChangeFeed(PromptCache recent, ChangeNotifier notifier, TimeSpan ageingStep, TimeProvider time)
    {
        _recent = recent;
        _notifier = notifier;
        _time = time;
        _clock = time as DatabaseClock;
        Queue = new(ageingStep, time);
    }

    /// <summary>The order of the queue as of the last look.</summary>
    public CommittedQueue Queue { get; }

    /// <summary>From where leases are looked for.</summary>
    public LeaseFloor LeaseFloor { get; } = new();

    /// <summary>The statements of a look, in a transaction of their own, or behind one that has just been committed.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Statements()
    {
        _begunAt = _time.GetTimestamp();
        return [Statement(Look), _snapshot is null ? Statement(All) : Statement(ChangedSince, PostgresValues.Word(_snapshot))];
    }

    /// <summary>Reads what the statements answer.</summary>
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
            // Some of the changes may be gone: the next look reads all.
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
    }

    /// <summary>A look failed, or the server may be another: the next one reads everything anew.</summary>
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
            : new(seq, worker, new(seq, row.Utf8(2), row.GetInt64(3), row.GetInt64(4), row.GetInt32(5)));
    }

    private readonly record struct Change(long Seq, Guid? Worker, QueuedRow? Queued);
}
