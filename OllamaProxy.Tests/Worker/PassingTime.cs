using Microsoft.Extensions.Time.Testing;

namespace OllamaProxy.Tests.Worker;

/// <summary>A time that passes only while somebody waits for one of these times, or up to a quarter less, and by no more.</summary>
public sealed class PassingTime(params TimeSpan[] waits) : FakeTimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var wait = new Wait(base.CreateTimer(callback, state, dueTime, period));
        // Polls vary in time: see Jitter.
        if (Array.Exists(waits, wait => dueTime <= wait && dueTime >= wait * 0.75))
            ThreadPool.QueueUserWorkItem(_ => wait.IfWaiting(() => Advance(dueTime)));
        return wait;
    }

    /// <summary>A timer that knows whether anybody still waits for it.</summary>
    private sealed class Wait(ITimer timer) : ITimer
    {
        private readonly Lock _lock = new();
        private volatile bool _ended;

        public void IfWaiting(Action action)
        {
            lock (_lock)
            {
                if (!_ended)
                    action();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            // No time passes once this has returned. But if it passes now, that can be waiting for whoever disposes of this.
            var isStill = _lock.TryEnter(TimeSpan.FromSeconds(1));
            _ended = true;
            if (isStill)
                _lock.Exit();
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
