namespace OllamaProxy.Storage;

/// <summary>Which leases have run out: those that could be good by none of the clocks by which they may have been given.</summary>
/// <param name="Clocks">What each of the clocks says now; more than one only for a while after the wall clock was set.</param>
/// <param name="Length">How long leases are.</param>
internal readonly record struct LeaseExpiry(IReadOnlyList<DateTimeOffset> Clocks, TimeSpan Length)
{
    /// <summary>What ends by then has run out, whichever clock it was given by.</summary>
    public DateTimeOffset By => Clocks.Min();
}
