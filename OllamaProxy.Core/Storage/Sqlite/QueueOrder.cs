using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// The order of the queue in memory, so that a position costs the same however long the queue is. The writer has it catch up
/// after every transaction: with the rows that its own connection touched, or, where <c>PRAGMA data_version</c> shows that
/// somebody else wrote, by reading the queue anew.
/// </summary>
internal sealed class QueueOrder
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly SqliteSession _session;
    private readonly HashSet<long> _touched = [];
    private readonly Lock _lock = new();
    private readonly RecentPrompts _recent;
    private readonly PromptWatches _watches;
    private readonly TimeProvider _time;
    private RankedSet _queued = new();
    private long _seenVersion = -1;
    private long? _caughtUpAt;

    /// <param name="session">The writer's; it is used only while the writer has this catch up.</param>
    /// <param name="recent">Told of what was changed.</param>
    /// <param name="watches">Told of it too, once everything else knows.</param>
    /// <param name="time">The clock.</param>
    public QueueOrder(SqliteSession session, RecentPrompts recent, PromptWatches watches, TimeProvider time)
    {
        _session = session;
        _recent = recent;
        _watches = watches;
        _time = time;
        raw.sqlite3_update_hook(session.Connection.Handle, OnRowTouched, null);
        CatchUp();
    }

    /// <summary>Whether this knew of every commit within the last second, whoever made it. Safe for many threads.</summary>
    public bool IsCaughtUp
    {
        get
        {
            lock (_lock)
                return _caughtUpAt is { } at && _time.GetElapsedTime(at) < GoodFor;
        }
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
                _watches.AnyChanged();
            else if (_touched.Count > 0)
                _watches.Changed(_touched);
        }
        catch
        {
            _seenVersion = -1;
            Note(null);
            _recent.ForgetAll();
            _watches.AnyChanged();
            throw;
        }
        finally
        {
            _touched.Clear();
        }
    }

    /// <summary>
    /// How many queued prompts come before this place; null: this has not caught up for a second, so that another process
    /// may have written since. Safe for many threads.
    /// </summary>
    public long? CountAhead(long rank, long seq)
    {
        lock (_lock)
            return _caughtUpAt is { } at && _time.GetElapsedTime(at) < GoodFor ? _queued.CountBefore(rank, seq) : null;
    }

    private void Note(long? caughtUpAt)
    {
        lock (_lock)
            _caughtUpAt = caughtUpAt;
    }

    private void OnRowTouched(object userData, int type, utf8z database, utf8z table, long rowid)
    {
        // Called for each row: only this table's name begins so, and rows of another would be looked at in vain.
        if (table.GetPinnableReference() == (byte)'p')
            _touched.Add(rowid);
    }

    /// <summary>In a snapshot, since each query would take the locks of one for itself.</summary>
    private void Update()
    {
        foreach (var seq in _touched)
        {
            var rank = _session.NumberOrNull("SELECT rank FROM prompts WHERE seq = $seq AND status = 'queued'", ("$seq", seq));
            lock (_lock)
            {
                if (rank is { } queuedAt)
                    _queued.Set(seq, queuedAt);
                else
                    _queued.Remove(seq);
            }
        }
    }

    private void Reload()
    {
        using var row = _session.Query("SELECT rank, seq FROM prompts INDEXED BY prompts_by_turn WHERE status = 'queued'");
        var queued = new RankedSet();
        while (row.Read())
            queued.Set(row.Int64(1), row.Int64(0));
        lock (_lock)
            _queued = queued;
    }
}
