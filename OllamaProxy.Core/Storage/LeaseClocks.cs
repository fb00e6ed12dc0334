namespace OllamaProxy.Storage;

/// <summary>
/// The clocks by which leases that are held may have been given. Their ends are in the file as times of the wall clock, by which all
/// processes and their successors go. Once that was set, a lease from before would be good for too short or too long a time. So for as
/// long as a lease is, in which every holder that is there renews its own by the new time, the time from before goes on beside it, as the
/// monotonic clock tells it. Used by one thread at a time.
/// </summary>
internal sealed class LeaseClocks(TimeProvider time)
{
    private readonly List<(ClockReading Reading, long SetAt)> _before = [];
    private ClockReading _current = ClockReading.Of(time);

    /// <summary>Which leases have run out by now.</summary>
    /// <param name="length">How long leases are.</param>
    public LeaseExpiry Look(TimeSpan length)
    {
        if (_current.SetSince(time) != TimeSpan.Zero)
            _before.Add((_current, time.GetTimestamp()));
        _current = ClockReading.Of(time);
        _before.RemoveAll(clock => time.GetElapsedTime(clock.SetAt) > length);
        return new([_current.Wall, .. _before.Select(clock => clock.Reading.Wall + time.GetElapsedTime(clock.Reading.Timestamp))], length);
    }
}
