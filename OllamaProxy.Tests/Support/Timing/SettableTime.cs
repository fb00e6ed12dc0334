using Microsoft.Extensions.Time.Testing;

namespace OllamaProxy.Tests.Support.Timing;

/// <summary>A time whose wall clock can be set, as people and time servers do, while the monotonic clock goes on.</summary>
public sealed class SettableTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private long _offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    /// <summary>Puts the wall clock forward, or back where this is negative.</summary>
    public void SetForward(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}
