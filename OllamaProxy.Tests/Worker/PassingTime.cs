using Microsoft.Extensions.Time.Testing;

namespace OllamaProxy.Tests.Worker;

/// <summary>A time that passes whenever somebody waits for just this long, and at no other time.</summary>
public sealed class PassingTime(TimeSpan wait) : FakeTimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime == wait)
            ThreadPool.QueueUserWorkItem(_ => Advance(wait));
        return timer;
    }
}
