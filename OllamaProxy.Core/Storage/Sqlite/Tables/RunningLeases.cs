using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The leases of all workers, from the table <c>leases</c>.</summary>
/// <param name="Leases">The leases.</param>
/// <param name="Seqs">The numbers of the prompts that have a lease.</param>
internal sealed record RunningLeases(IReadOnlyList<RunningLease> Leases, IReadOnlySet<long> Seqs)
{
    public static RunningLeases Read(SqliteSession session)
    {
        var (leases, seqs) = (new List<RunningLease>(), new HashSet<long>());
        using var row = session.Query(
            """
            SELECT seq, worker, coalesce(slot, token), coalesce(backend, ''), (SELECT model FROM prompts WHERE prompts.seq = leases.seq)
            FROM leases
            """);
        while (row.Read())
        {
            seqs.Add(row.Int64(0));
            leases.Add(new(Guid.TryParse(row.TextOrNull(1), out var worker) ? worker : null, row.Text(2), row.Text(3), row.TextOrNull(4)));
        }
        return new(leases, seqs);
    }
}
