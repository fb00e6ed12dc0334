namespace OllamaProxy.Prompts;

/// <summary>
/// A worker's right to run one prompt for a time. Every write by a worker carries its lease, and writes nothing once
/// the lease ran out and was given to somebody else: its token is the fence.
/// </summary>
/// <param name="Seq">The prompt's <see cref="Prompt.Seq"/>.</param>
/// <param name="Token">Of this claim alone; no two leases share one.</param>
public readonly record struct Lease(long Seq, Guid Token);
