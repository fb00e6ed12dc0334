namespace OllamaProxy.Storage;

/// <summary>
/// What two clocks said at one moment: the wall clock, which all processes on a machine share and which somebody may set, and the
/// monotonic one, by which this process knows how much time has passed. A machine that slept counts as one whose clock was put forward.
/// </summary>
/// <param name="Wall">The wall clock.</param>
/// <param name="Timestamp">The monotonic clock, as <see cref="TimeProvider.GetTimestamp"/> has it.</param>
public readonly record struct ClockReading(DateTimeOffset Wall, long Timestamp)
{
    /// <summary>What the clock's own small corrections come to, and the time between reading the one clock and the other.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(500);

    /// <summary>Reads both clocks.</summary>
    public static ClockReading Of(TimeProvider time) => new(time.GetUtcNow(), time.GetTimestamp());

    /// <summary>By how much the wall clock was put forward since then; negative: put back; zero: it was not set.</summary>
    public TimeSpan SetSince(TimeProvider time)
    {
        var set = time.GetUtcNow() - Wall - time.GetElapsedTime(Timestamp);
        return set.Duration() <= Tolerance ? TimeSpan.Zero : set;
    }
}
