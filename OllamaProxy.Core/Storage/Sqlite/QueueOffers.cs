using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>Reads what there is to be run, and what runs.</summary>
internal static class QueueOffers
{
    /// <summary>The models are found by leaping from one to the next in the index: what it costs is a matter of how many there are, and not of how many prompts.</summary>
    public const string FirstOfEachModel =
        """
        WITH RECURSIVE models (model) AS (
            SELECT (SELECT coalesce(model, '') FROM prompts INDEXED BY prompts_by_turn WHERE status = 'queued' ORDER BY coalesce(model, '') LIMIT 1)
            UNION ALL
            SELECT (
                SELECT coalesce(prompts.model, '') FROM prompts INDEXED BY prompts_by_turn
                WHERE status = 'queued' AND coalesce(prompts.model, '') > models.model ORDER BY coalesce(prompts.model, '') LIMIT 1)
            FROM models WHERE models.model IS NOT NULL
        )
        SELECT first.seq, first.model, first.rank, first.priority, first.created_at FROM models JOIN prompts AS first ON first.seq IN (
            SELECT seq FROM prompts INDEXED BY prompts_by_turn
            WHERE status = 'queued' AND coalesce(prompts.model, '') = models.model AND available_at <= $now
                AND seq NOT IN (SELECT seq FROM leases)
                AND NOT EXISTS (SELECT 1 FROM connections WHERE connections.seq = prompts.seq AND connections.worker <> $worker)
            ORDER BY rank, seq LIMIT $limit)
        WHERE models.model IS NOT NULL
        """;

    public static QueueOffer Read(SqliteSession session, int perModel, Guid worker, DateTimeOffset now)
    {
        var (queued, prompts, running) = (0L, new List<QueuedPrompt>(), new List<RunningLease>());
        session.InSnapshot(() =>
        {
            queued = session.Number("SELECT prompts FROM counts WHERE status = 'queued'");
            if (queued > 0)
                ReadPrompts(session, perModel, worker, now, prompts);
            ReadRunning(session, running);
        });
        return new(queued, prompts, running);
    }

    private static void ReadPrompts(SqliteSession session, int perModel, Guid worker, DateTimeOffset now, List<QueuedPrompt> prompts)
    {
        using var row = session.Query(FirstOfEachModel, ("$limit", perModel), ("$worker", worker.ToString()), ("$now", now.ToUnixTimeMilliseconds()));
        while (row.Read())
            prompts.Add(new(row.Int64(0), row.TextOrNull(1), row.Int64(2), row.Int32(3), SqliteTime.Read(row.Text(4))));
    }

    private static void ReadRunning(SqliteSession session, List<RunningLease> running)
    {
        using var row = session.Query("SELECT worker, coalesce(slot, token), coalesce(backend, ''), (SELECT model FROM prompts WHERE prompts.seq = leases.seq) FROM leases");
        while (row.Read())
            running.Add(new(Guid.TryParse(row.TextOrNull(0), out var worker) ? worker : null, row.Text(1), row.Text(2), row.TextOrNull(3)));
    }
}
