using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>
/// A worker's right to run one prompt for a limited time. Every write of a worker names its lease and has no effect once the lease has
/// expired and the prompt was claimed again: the token is a fencing token.
/// </summary>
/// <param name="Seq">The prompt's <see cref="Prompt.Seq"/>.</param>
/// <param name="Token">Identifies this claim; no two leases share one.</param>
public readonly record struct Lease(long Seq, Guid Token)
{
    /// <summary>Creates a lease. Its token need not be secret, so a fast random number suffices: claims are frequent.</summary>
    public static Lease New(long seq)
    {
        Span<byte> token = stackalloc byte[16];
        Random.Shared.NextBytes(token);
        return new(seq, new(token));
    }
}

/// <summary>The state of a worker's lease.</summary>
public enum LeaseState
{
    /// <summary>The lease is valid: the worker continues.</summary>
    Held,

    /// <summary>A client cancelled the prompt: the worker stops, and can still store a partial result.</summary>
    Cancelled,

    /// <summary>The lease has expired, or the prompt was deleted: the worker stops, and can write nothing.</summary>
    Lost,
}
