namespace OllamaProxy.Storage;

/// <summary>
/// The wall clock and the monotonic clock, read at the same moment. All processes on a machine share the wall clock, but it can be set; the
/// monotonic clock tells this process how much time really passed. A machine that slept looks like one whose wall clock was put forward.
/// </summary>
/// <param name="Wall">The wall clock.</param>
/// <param name="Timestamp">The monotonic clock, as <see cref="TimeProvider.GetTimestamp"/> has it.</param>
public readonly record struct ClockReading(DateTimeOffset Wall, long Timestamp)
{
    /// <summary>
    /// Differences up to this are ignored: small corrections of the wall clock, and the time between reading one clock and the other.
    /// </summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(500);

    /// <summary>Reads both clocks.</summary>
    public static ClockReading Of(TimeProvider time) => new(time.GetUtcNow(), time.GetTimestamp());

    /// <summary>By how much the wall clock was set since this reading; negative: put back; zero: it was not set.</summary>
    public TimeSpan SetSince(TimeProvider time)
    {
        var set = time.GetUtcNow() - Wall - time.GetElapsedTime(Timestamp);
        return set.Duration() <= Tolerance ? TimeSpan.Zero : set;
    }
}
