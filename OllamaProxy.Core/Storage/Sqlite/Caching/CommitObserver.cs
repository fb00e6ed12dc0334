using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using OllamaProxy.Notifications;
using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Sqlite.Engine;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Caching;

/// <summary>
/// Keeps a <see cref="CommittedQueue"/>. The writer has it catch up after every transaction: with the rows that its own connection
/// touched, or, where <c>PRAGMA data_version</c> shows that somebody else wrote, by reading the queue anew.
/// </summary>
internal sealed class CommitObserver
{
    /// <summary>All that is kept of the queue; it is read from the index alone.</summary>
    public const string ReadAll = "SELECT model, rank, seq, available_at, priority FROM prompts INDEXED BY prompts_in_turn WHERE status = 'queued'";

    private readonly SqliteSession _session;
    private readonly HashSet<long> _touched = [];
    private readonly HashSet<long> _touchedConnections = [];
    private readonly PromptCache _recent;
    private readonly ChangeNotifier _notifier;
    private readonly TimeProvider _time;
    private long _seenVersion = -1;

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
        _time = time;
        Queue = new(ageingStep, time);
        raw.sqlite3_update_hook(session.Connection.Handle, OnRowTouched, null);
        CatchUp();
    }

    /// <summary>The order of the queue as of the last catching up.</summary>
    public CommittedQueue Queue { get; }

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
            Queue.OnCaughtUp(begunAt);
            if (byOthers)
                _notifier.NotifyAnyChanged();
            else if (_touched.Count > 0)
                _notifier.NotifyChanged(_touched);
        }
        catch
        {
            _seenVersion = -1;
            Queue.OnCaughtUp(null);
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
            Queue.SetWorker(seq, ReadWorker(seq));
        foreach (var seq in _touched)
        {
            using var row = _session.Query("SELECT model, rank, seq, available_at, priority FROM prompts WHERE seq = $seq AND status = 'queued'", ("$seq", seq));
            if (row.Read())
                Queue.Set(Read(row, row.TextOrNull(0)));
            else
                Queue.Remove(seq);
        }
    }

    private void Reload() => Queue.Replace(ReadWorkers(), ReadQueued());

    private IEnumerable<(long Seq, Guid? Worker)> ReadWorkers()
    {
        using var row = _session.Query("SELECT seq, worker FROM connections WHERE worker IS NOT NULL");
        while (row.Read())
            yield return (row.Int64(0), Guid.TryParse(row.Text(1), out var worker) ? worker : null);
    }

    private IEnumerable<QueuedRow> ReadQueued()
    {
        var model = default(string);
        using var row = _session.Query(ReadAll);
        while (row.Read())
        {
            // Those of one model follow one another.
            if (row.TextOrNull(0) is var next && next != model)
                model = next;
            yield return Read(row, model);
        }
    }

    /// <summary>A row of a query for model, rank, number, time and priority.</summary>
    private static QueuedRow Read(SqliteStatement row, string? model) => new(row.Int64(2), model, row.Int64(1), row.Int64(3), row.Int32(4));

    private Guid? ReadWorker(long seq)
    {
        using var row = _session.Query("SELECT worker FROM connections WHERE seq = $seq", ("$seq", seq));
        return row.Read() && Guid.TryParse(row.TextOrNull(0), out var worker) ? worker : null;
    }
}
