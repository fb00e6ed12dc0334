namespace OllamaProxy.Storage.Caching;

/// <summary>The leases of all workers.</summary>
/// <param name="Leases">The leases.</param>
/// <param name="Seqs">The numbers of the prompts that have one.</param>
internal sealed record RunningLeases(IReadOnlyList<RunningLease> Leases, IReadOnlySet<long> Seqs);
