using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Tables;

namespace OllamaProxy.Storage.Sqlite.Caching;

/// <summary>
/// In-memory copy of the queue, so that positions and snapshots take the same time however long the queue is and however many models it
/// has. <see cref="CommitObserver"/> keeps it up to date, on the writer's thread; the other members are safe for many threads.
/// </summary>
internal sealed class QueueMirror(SqliteSession session, TimeSpan ageingStep, TimeProvider time)
{
    /// <summary>Reads everything that is kept of the queue. The index covers the query, so that no row of the table is read.</summary>
    public const string ReadAll =
        "SELECT model, rank, seq, available_at, priority FROM prompts INDEXED BY prompts_in_turn WHERE status = 'queued'";

    private const string ReadOne =
        "SELECT model, rank, seq, available_at, priority FROM prompts WHERE seq = $seq AND status = 'queued'";

    private readonly Lock _lock = new();

    /// <summary>The workers that alone may run a prompt, by the prompt's number. Prompts that any worker may run are left out.</summary>
    private readonly Dictionary<long, Guid> _workers = [];

    private QueuePositionIndex _queued = new();

    /// <summary>The prompts that a worker may run next, as of the last commit that was observed.</summary>
    /// <param name="terms">What the worker asks for.</param>
    /// <param name="running">The leases of all workers.</param>
    public QueueSnapshot Offer(SnapshotTerms terms, RunningLeases running)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
            return new(_queued.Count, _queued.Offer(terms, running.Seqs, now, out var isPartial), running.Leases, isPartial);
    }

    /// <summary>How many queued prompts come before this key.</summary>
    public long CountBefore(long rank, long seq)
    {
        lock (_lock)
            return _queued.CountBefore((rank, seq));
    }

    /// <summary>Reads the whole queue anew.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The file cannot be read.</exception>
    public void Reload()
    {
        _workers.Clear();
        using (var row = session.Query("SELECT seq, worker FROM connections WHERE worker IS NOT NULL"))
            while (row.Read())
                SetWorker(row.Int64(0), Guid.TryParse(row.Text(1), out var worker) ? worker : null);

        var (queued, model) = (new QueuePositionIndex(), default(string));
        using (var row = session.Query(ReadAll))
        {
            while (row.Read())
            {
                // The index yields the prompts of a model one after the other: they share one string.
                if (row.TextOrNull(0) is var next && next != model)
                    model = next;
                Set(queued, row, model);
            }
        }

        lock (_lock)
            _queued = queued;
    }

    /// <summary>
    /// Reads the rows that a transaction touched. All queries share one snapshot; otherwise each would take locks of its own.
    /// </summary>
    /// <param name="prompts">The numbers of prompts whose rows were inserted, updated or deleted.</param>
    /// <param name="connections">The numbers of prompts whose rows in <c>connections</c> were.</param>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The file cannot be read.</exception>
    public void Update(IReadOnlyCollection<long> prompts, IReadOnlyCollection<long> connections) => session.InSnapshot(() =>
    {
        foreach (var seq in connections)
            SetWorker(seq, ReadWorker(seq));
        foreach (var seq in prompts)
        {
            using var row = session.Query(ReadOne, ("$seq", seq));
            var isQueued = row.Read();
            lock (_lock)
            {
                if (isQueued)
                    Set(_queued, row, row.TextOrNull(0));
                else
                    _queued.Remove(seq);
            }
        }
    });

    /// <summary>Adds a row of <see cref="ReadAll"/> or <see cref="ReadOne"/>.</summary>
    private void Set(QueuePositionIndex queued, SqliteStatement row, string? model)
    {
        var (rank, seq, priority) = (row.Int64(1), row.Int64(2), row.Int32(4));
        var prompt = new QueuedPrompt(seq, model, rank, priority, QueueRank.ArrivalOf(rank, priority, ageingStep));
        queued.Set(prompt, row.Int64(3), _workers.GetValueOrDefault(seq));
    }

    private Guid? ReadWorker(long seq)
    {
        using var row = session.Query("SELECT worker FROM connections WHERE seq = $seq", ("$seq", seq));
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
