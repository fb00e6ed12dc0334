namespace OllamaProxy.Worker;

/// <summary>
/// Remembers that the store refused a claim, until a lease is settled: that lease may have been in its way. Safe for many threads.
/// </summary>
internal sealed class RefusedClaims
{
    private volatile bool _any;
    private long _settled;

    /// <summary>How many leases have been settled so far.</summary>
    public long Settled => Interlocked.Read(ref _settled);

    /// <summary>
    /// The store refused a claim. Returns whether the claim may succeed by now: the store may refuse it and settle the lease that was in
    /// its
    /// way in one transaction, and the settling may have been heard of first.
    /// </summary>
    /// <param name="settledBefore"><see cref="Settled"/> before the claim.</param>
    public bool Record(long settledBefore)
    {
        _any = true;
        Interlocked.MemoryBarrier();
        return Settled != settledBefore;
    }

    /// <summary>A lease was settled. Returns whether a claim had been refused since the last one.</summary>
    public bool OnLeaseSettled()
    {
        Interlocked.Increment(ref _settled);
        if (!_any)
            return false;
        _any = false;
        return true;
    }
}
