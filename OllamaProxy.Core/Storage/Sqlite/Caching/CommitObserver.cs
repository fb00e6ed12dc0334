using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Tables;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Caching;

/// <summary>
/// The order of the queue in memory, so that a position and an offer cost the same however long the queue is and however many models
/// it has. The writer has it catch up after every transaction: with the rows that its own connection touched, or, where
/// <c>PRAGMA data_version</c> shows that somebody else wrote, by reading the queue anew.
/// </summary>
internal sealed class CommitObserver
{
    /// <summary>All that is kept of the queue; it is read from the index alone.</summary>
    public const string ReadAll = "SELECT model, rank, seq, available_at, priority FROM prompts INDEXED BY prompts_in_turn WHERE status = 'queued'";

    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly SqliteSession _session;
    private readonly HashSet<long> _touched = [];
    private readonly HashSet<long> _touchedConnections = [];

    /// <summary>The prompts that only one worker may run.</summary>
    private readonly Dictionary<long, Guid> _workers = [];
    private readonly Lock _lock = new();
    private readonly PromptCache _recent;
    private readonly ChangeNotifier _notifier;
    private readonly TimeSpan _ageingStep;
    private readonly TimeProvider _time;
    private QueuePositionIndex _queued = new();
    private long _seenVersion = -1;
    private long? _caughtUpAt;

    /// <param name="session">The writer's; it is used only while the writer has this catch up.</param>
    /// <param name="recent">Told of what was changed.</param>
    /// <param name="notifier">Told of it too, once everything else knows.</param>
    /// <param name="ageingStep">How much of a head start a point of priority is.</param>
    /// <param name="time">The clock.</param>
    public CommitObserver(SqliteSession session, PromptCache recent, ChangeNotifier notifier, TimeSpan ageingStep, TimeProvider time)
    {
        _session = session;
        _recent = recent;
        _notifier = notifier;
        _ageingStep = ageingStep;
        _time = time;
        raw.sqlite3_update_hook(session.Connection.Handle, OnRowTouched, null);
        CatchUp();
    }

    /// <summary>Whether the last catching up went well. Safe for many threads.</summary>
    public bool IsCaughtUp
    {
        get
        {
            lock (_lock)
                return _caughtUpAt is not null;
        }
    }

    /// <summary>Whether this knew of every commit within that time, whoever made it. Safe for many threads.</summary>
    public bool IsCaughtUpWithin(TimeSpan time)
    {
        lock (_lock)
            return _caughtUpAt is { } at && _time.GetElapsedTime(at) < time;
    }

    /// <summary>What there is to be run, as of when this last caught up. Safe for many threads.</summary>
    /// <param name="terms">What is wanted.</param>
    /// <param name="running">What runs.</param>
    public QueueSnapshot Offer(SnapshotTerms terms, RunningLeases running)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
            return new(_queued.Count, _queued.Offer(terms, running.Seqs, now, out var isPartial), running.Leases, isPartial);
    }

    /// <summary>Takes note of what the last transaction changed, and of what others did. Only the writer calls it, between two transactions.</summary>
    /// <exception cref="SqliteException">The file cannot be read; the next time everything is read anew.</exception>
    public void CatchUp()
    {
        try
        {
            var begunAt = _time.GetTimestamp();
            var version = _session.Number("PRAGMA data_version");
            var byOthers = version != _seenVersion;
            if (byOthers)
            {
                _recent.ForgetAll();
                Reload();
            }
            else if (_touched.Count > 0)
            {
                _recent.Forget(_touched);
                _session.InSnapshot(Update);
            }
            _seenVersion = version;
            Note(begunAt);
            if (byOthers)
                _notifier.NotifyAnyChanged();
            else if (_touched.Count > 0)
                _notifier.NotifyChanged(_touched);
        }
        catch
        {
            _seenVersion = -1;
            Note(null);
            _recent.ForgetAll();
            _notifier.NotifyAnyChanged();
            throw;
        }
        finally
        {
            _touched.Clear();
            _touchedConnections.Clear();
        }
    }

    /// <summary>
    /// How many queued prompts come before this place; null: this has not caught up for a second, so that another process
    /// may have written since. Safe for many threads.
    /// </summary>
    public long? CountAhead(long rank, long seq)
    {
        lock (_lock)
            return _caughtUpAt is { } at && _time.GetElapsedTime(at) < GoodFor ? _queued.CountBefore((rank, seq)) : null;
    }

    private void Note(long? caughtUpAt)
    {
        lock (_lock)
            _caughtUpAt = caughtUpAt;
    }

    private void OnRowTouched(object userData, int type, utf8z database, utf8z table, long rowid)
    {
        // Called for each row: no other table's name begins with these letters, and rows of another would be looked at in vain.
        ref readonly var name = ref table.GetPinnableReference();
        if (name == (byte)'p' && Unsafe.Add(ref Unsafe.AsRef(in name), 1) == (byte)'r')
            _touched.Add(rowid);
        else if (name == (byte)'c' && Unsafe.Add(ref Unsafe.AsRef(in name), 2) == (byte)'n')
            _touchedConnections.Add(rowid);
    }

    /// <summary>In a snapshot, since each query would take the locks of one for itself.</summary>
    private void Update()
    {
        foreach (var seq in _touchedConnections)
            SetWorker(seq, ReadWorker(seq));
        foreach (var seq in _touched)
        {
            using var row = _session.Query("SELECT model, rank, seq, available_at, priority FROM prompts WHERE seq = $seq AND status = 'queued'", ("$seq", seq));
            var isQueued = row.Read();
            lock (_lock)
            {
                if (isQueued)
                    Set(_queued, row, row.TextOrNull(0));
                else
                    _queued.Remove(seq);
            }
        }
    }

    private void Reload()
    {
        _workers.Clear();
        using (var row = _session.Query("SELECT seq, worker FROM connections WHERE worker IS NOT NULL"))
            while (row.Read())
                SetWorker(row.Int64(0), Guid.TryParse(row.Text(1), out var worker) ? worker : null);

        var (queued, model) = (new QueuePositionIndex(), default(string));
        using (var row = _session.Query(ReadAll))
        {
            while (row.Read())
            {
                // Those of one model follow one another.
                if (row.TextOrNull(0) is var next && next != model)
                    model = next;
                Set(queued, row, model);
            }
        }
        lock (_lock)
            _queued = queued;
    }

    /// <summary>Adds a row of a query for model, rank, number, time and priority.</summary>
    private void Set(QueuePositionIndex queued, SqliteStatement row, string? model)
    {
        var (rank, seq, priority) = (row.Int64(1), row.Int64(2), row.Int32(4));
        queued.Set(new(seq, model, rank, priority, QueueRank.ArrivalOf(rank, priority, _ageingStep)), row.Int64(3), _workers.GetValueOrDefault(seq));
    }

    private Guid? ReadWorker(long seq)
    {
        using var row = _session.Query("SELECT worker FROM connections WHERE seq = $seq", ("$seq", seq));
        return row.Read() && Guid.TryParse(row.TextOrNull(0), out var worker) ? worker : null;
    }

    private void SetWorker(long seq, Guid? worker)
    {
        if (worker is { } only)
            _workers[seq] = only;
        else
            _workers.Remove(seq);
    }
}
