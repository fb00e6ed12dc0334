using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using OllamaProxy.Notifications;
using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Sqlite.Engine;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Caching;

/// <summary>
/// Passes every commit on to what is kept in memory: <see cref="CommittedQueue"/>, <see cref="PromptCache"/> and, last,
/// <see cref="ChangeNotifier"/>. SQLite's update hook names the rows that this process touches. Rows of other processes are not named:
/// where <c>PRAGMA data_version</c> shows that another process wrote, everything is read anew.
/// </summary>
internal sealed class CommitObserver
{
    /// <summary>Reads everything that is kept of the queue. The index covers the query, so that no row of the table is read.</summary>
    public const string ReadAll =
        $"SELECT {Columns} FROM prompts INDEXED BY prompts_in_turn WHERE status = 'queued'";

    private const string Columns =
        "model, rank, seq, available_at, priority, account, (SELECT options FROM load_options WHERE load_options.seq = prompts.seq)";

    /// <summary>How long after its last commit another process is taken to be there: its clients may write rarely.</summary>
    private static readonly TimeSpan OtherWriterAge = TimeSpan.FromHours(1);

    private readonly SqliteSession _session;
    private readonly HashSet<long> _touchedPrompts = [];
    private readonly HashSet<long> _touchedConnections = [];
    private readonly PromptCache _recent;
    private readonly ChangeNotifier _notifier;
    private readonly TimeProvider _time;
    private long _seenVersion = -1;

    /// <summary>When another process was last seen to have written, by the monotonic clock; 0: it never was.</summary>
    private long _otherWroteAt;

    /// <param name="session">The writer's session; it is used only within <see cref="CatchUp"/>.</param>
    /// <param name="recent">The prompts in memory.</param>
    /// <param name="notifier">Notifies those who wait for changes, once everything else is up to date.</param>
    /// <param name="ageingStep">The head start per point of priority.</param>
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

    /// <summary>The queue in memory, as of the last <see cref="CatchUp"/>.</summary>
    public CommittedQueue Queue { get; }

    /// <summary>Whether another process has written to the file lately.</summary>
    public bool HasOtherWriters => Volatile.Read(ref _otherWroteAt) is not 0 and var at && _time.GetElapsedTime(at) < OtherWriterAge;

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
                if (_seenVersion >= 0)
                    Volatile.Write(ref _otherWroteAt, begunAt);
                _recent.ForgetAll();
                Reload();
            }
            else if (_touchedPrompts.Count > 0)
            {
                _recent.Forget(_touchedPrompts);
                _session.InSnapshot(Update);
            }
            _seenVersion = version;
            Queue.OnCaughtUp(begunAt);
            if (byOthers)
                _notifier.NotifyAnyChanged();
            else if (_touchedPrompts.Count > 0)
                _notifier.NotifyChanged(_touchedPrompts);
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
            _touchedPrompts.Clear();
            _touchedConnections.Clear();
        }
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

    /// <summary>
    /// Reads the rows that a transaction touched. All queries share one snapshot; otherwise each would take locks of its own.
    /// </summary>
    private void Update()
    {
        foreach (var seq in _touchedConnections)
            Queue.SetWorker(seq, ReadWorker(seq));
        foreach (var seq in _touchedPrompts)
        {
            using var row = _session.Query(
                $"SELECT {Columns} FROM prompts WHERE seq = $seq AND status = 'queued'", ("$seq", seq));
            if (row.Read())
                Queue.Set(Read(row, row.TextOrNull(0), row.TextOrNull(5) ?? "", row.TextOrNull(6) ?? ""));
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
        var shared = new HashSet<string>();
        using var row = _session.Query(ReadAll);
        while (row.Read())
        {
            // The index yields the prompts of a model one after the other: they share one string, and so do equal accounts and options.
            if (row.TextOrNull(0) is var next && next != model)
                model = next;
            yield return Read(row, model, Share(row.TextOrNull(5)), Share(row.TextOrNull(6)));
        }

        string Share(string? text)
        {
            if (string.IsNullOrEmpty(text))
                return "";
            if (shared.TryGetValue(text, out var known))
                return known;
            shared.Add(text);
            return text;
        }
    }

    private static QueuedRow Read(SqliteStatement row, string? model, string account, string loadOptions) =>
        new(row.Int64(2), model, row.Int64(1), row.Int64(3), row.Int32(4), loadOptions, account);

    private Guid? ReadWorker(long seq)
    {
        using var row = _session.Query("SELECT worker FROM connections WHERE seq = $seq", ("$seq", seq));
        return row.Read() && Guid.TryParse(row.TextOrNull(0), out var worker) ? worker : null;
    }
}
