namespace OllamaProxy.Storage;

/// <summary>
/// Keeps leases correct when the wall clock is set. The ends of leases are stored by the wall clock, which all processes and their
/// successors share. Once it was set, earlier leases would end too soon or too late. So for one lease length, in which every live holder
/// renews its leases by the new time, the earlier time goes on as well, measured by the monotonic clock. Not safe for many threads.
/// </summary>
internal sealed class LeaseClocks(TimeProvider time)
{
    private readonly List<(ClockReading Reading, long SetAt)> _before = [];
    private ClockReading _current = ClockReading.Of(time);

    /// <summary>Determines which leases have expired by now.</summary>
    /// <param name="length">The length of leases.</param>
    public LeaseExpiry Look(TimeSpan length)
    {
        if (_current.SetSince(time) != TimeSpan.Zero)
            _before.Add((_current, time.GetTimestamp()));
        _current = ClockReading.Of(time);
        _before.RemoveAll(clock => time.GetElapsedTime(clock.SetAt) > length);
        return new([_current.Wall, .. _before.Select(clock => clock.Reading.Wall + time.GetElapsedTime(clock.Reading.Timestamp))], length);
    }
}
