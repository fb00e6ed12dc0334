using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace OllamaProxy.Tests.Simulator;

/// <summary>A time that moves only when it is told to, and tells when somebody has begun to wait for it.</summary>
public sealed class SteppedTime() : FakeTimeProvider(Start)
{
    private readonly Channel<ITimer> _timers = Channel.CreateUnbounded<ITimer>();

    public static new DateTimeOffset Start { get; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(timer);
        return timer;
    }

    /// <summary>Completes once for each timer.</summary>
    public async Task NextTimerAsync(CancellationToken ct) => await _timers.Reader.ReadAsync(ct);
}
