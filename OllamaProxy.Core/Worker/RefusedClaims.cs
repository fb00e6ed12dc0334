namespace OllamaProxy.Worker;

/// <summary>
/// Remembers that the store refused a claim, until a lease ends: that lease may have been in its way. Safe for many threads.
/// </summary>
internal sealed class RefusedClaims
{
    private volatile bool _any;
    private long _endedLeases;

    /// <summary>How many leases have ended so far.</summary>
    public long EndedLeases => Interlocked.Read(ref _endedLeases);

    /// <summary>
    /// Records a refused claim, and returns whether it may succeed by now: a lease has ended since. The store may refuse the claim and end
    /// the lease in one transaction, and the end of the lease may be reported first.
    /// </summary>
    /// <param name="endedBefore"><see cref="EndedLeases"/> before the claim.</param>
    public bool Record(long endedBefore)
    {
        _any = true;
        Interlocked.MemoryBarrier();
        return EndedLeases != endedBefore;
    }

    /// <summary>A lease has ended. Returns whether a claim had been refused since the last one.</summary>
    public bool OnLeaseEnded()
    {
        Interlocked.Increment(ref _endedLeases);
        if (!_any)
            return false;
        _any = false;
        return true;
    }
}
