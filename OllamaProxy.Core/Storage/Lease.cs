using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>
/// A worker's right to run one prompt for a time. Every write by a worker carries its lease, and writes nothing once
/// the lease ran out and was given to somebody else: its token is the fence.
/// </summary>
/// <param name="Seq">The prompt's <see cref="Prompt.Seq"/>.</param>
/// <param name="Token">Of this claim alone; no two leases share one.</param>
public readonly record struct Lease(long Seq, Guid Token)
{
    /// <summary>A new one. Its token need not be a secret, so that it is made without asking the kernel for one: claims are many.</summary>
    public static Lease New(long seq)
    {
        Span<byte> token = stackalloc byte[16];
        Random.Shared.NextBytes(token);
        return new(seq, new(token));
    }
}

/// <summary>What a worker's lease is worth.</summary>
public enum LeaseState
{
    /// <summary>The worker may go on.</summary>
    Held,

    /// <summary>A client cancelled the prompt: the worker stops, and may still hand in what had come.</summary>
    Cancelled,

    /// <summary>It ran out, or the prompt is gone: the worker stops, and can write nothing.</summary>
    Lost,
}
