using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>What runs, by the table <c>leases</c>.</summary>
internal static class RunningLeaseTable
{
    public static RunningLeases Read(SqliteSession session)
    {
        var (leases, seqs) = (new List<RunningLease>(), new HashSet<long>());
        using var row = session.Query(
            """
            SELECT seq, worker, coalesce(slot, token), coalesce(backend, ''), (SELECT model FROM prompts WHERE prompts.seq = leases.seq),
                (SELECT options FROM load_options WHERE load_options.seq = leases.seq),
                (SELECT account FROM prompts WHERE prompts.seq = leases.seq),
                (SELECT priority FROM prompts WHERE prompts.seq = leases.seq)
            FROM leases
            """);
        while (row.Read())
        {
            seqs.Add(row.Int64(0));
            leases.Add(new(Guid.TryParse(row.TextOrNull(1), out var worker) ? worker : null, row.Text(2), row.Text(3), row.TextOrNull(4))
            {
                LoadOptions = row.TextOrNull(5) ?? "",
                Account = row.TextOrNull(6) ?? "",
                Priority = row.Int32OrNull(7) ?? 0,
            });
        }
        return new(leases, seqs);
    }
}
