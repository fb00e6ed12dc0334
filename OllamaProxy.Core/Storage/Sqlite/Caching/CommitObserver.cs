using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using OllamaProxy.Notifications;
using OllamaProxy.Storage.Sqlite.Engine;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Caching;

/// <summary>
/// Passes every commit on to what is kept in memory: <see cref="QueueMirror"/>, <see cref="PromptCache"/> and, last,
/// <see cref="ChangeNotifier"/>. SQLite's update hook names the rows that this process touches. Rows of other processes are not named:
/// where <c>PRAGMA data_version</c> shows that another process wrote, everything is read anew.
/// </summary>
internal sealed class CommitObserver
{
    private readonly SqliteSession _session;
    private readonly QueueMirror _queue;
    private readonly PromptCache _recent;
    private readonly ChangeNotifier _notifier;
    private readonly TimeProvider _time;
    private readonly HashSet<long> _touchedPrompts = [];
    private readonly HashSet<long> _touchedConnections = [];
    private readonly Lock _lock = new();
    private long _seenVersion = -1;
    private long? _caughtUpAt;

    /// <param name="session">The writer's session; it is used only within <see cref="CatchUp"/>.</param>
    /// <param name="queue">The queue in memory.</param>
    /// <param name="recent">The prompts in memory.</param>
    /// <param name="notifier">Notifies those who wait for changes, once everything else is up to date.</param>
    /// <param name="time">The clock.</param>
    public CommitObserver(SqliteSession session, QueueMirror queue, PromptCache recent, ChangeNotifier notifier, TimeProvider time)
    {
        _session = session;
        _queue = queue;
        _recent = recent;
        _notifier = notifier;
        _time = time;
        raw.sqlite3_update_hook(session.Connection.Handle, OnRowTouched, null);
        CatchUp();
    }

    /// <summary>Whether the last call of <see cref="CatchUp"/> succeeded. Safe for many threads.</summary>
    public bool IsCaughtUp
    {
        get
        {
            lock (_lock)
                return _caughtUpAt is not null;
        }
    }

    /// <summary>Whether all commits of any process up to this long ago have been observed. Safe for many threads.</summary>
    public bool IsCaughtUpWithin(TimeSpan time)
    {
        lock (_lock)
            return _caughtUpAt is { } at && _time.GetElapsedTime(at) < time;
    }

    /// <summary>
    /// Observes the last transaction, and the commits of other processes. Only the writer calls it, between two transactions.
    /// </summary>
    /// <exception cref="SqliteException">The file cannot be read; the next call reads everything anew.</exception>
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
                _queue.Reload();
            }
            else if (_touchedPrompts.Count > 0)
            {
                _recent.Forget(_touchedPrompts);
                _queue.Update(_touchedPrompts, _touchedConnections);
            }

            _seenVersion = version;
            SetCaughtUp(begunAt);
            if (byOthers)
                _notifier.NotifyAnyChanged();
            else if (_touchedPrompts.Count > 0)
                _notifier.NotifyChanged(_touchedPrompts);
        }
        catch
        {
            _seenVersion = -1;
            SetCaughtUp(null);
            _recent.ForgetAll();
            _notifier.NotifyAnyChanged();
            throw;
        }
        finally
        {
            _touchedPrompts.Clear();
            _touchedConnections.Clear();
        }
    }

    private void SetCaughtUp(long? at)
    {
        lock (_lock)
            _caughtUpAt = at;
    }

    private void OnRowTouched(object userData, int type, utf8z database, utf8z table, long rowid)
    {
        if (IsNamed(table, "prompts\0"u8))
            _touchedPrompts.Add(rowid);
        else if (IsNamed(table, "connections\0"u8))
            _touchedConnections.Add(rowid);
    }

    /// <summary>Compares names without creating strings, since the hook runs for every row that is written.</summary>
    /// <param name="table">The table that SQLite names, with a 0 at its end.</param>
    /// <param name="name">The name to compare with, with a 0 at its end as well: so no byte behind the shorter name is read.</param>
    private static bool IsNamed(utf8z table, ReadOnlySpan<byte> name)
    {
        ref readonly var first = ref table.GetPinnableReference();
        for (var at = 0; at < name.Length; at++)
            if (Unsafe.Add(ref Unsafe.AsRef(in first), at) != name[at])
                return false;
        return true;
    }
}
