namespace OllamaProxy.Benchmarks.Rows;

/// <summary>
/// A clock whose timers are late by a millisecond at the most. Those of the system follow its ticks, often every 4 ms: of
/// two callers, the one that asks right after a tick waits for longer than the one that is late.
/// </summary>
internal sealed class PreciseTime : TimeProvider, IDisposable
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Timer, long> _due = new();
    private readonly Thread _thread;
    private bool _stopped;

    public PreciseTime()
    {
        _thread = new(Run) { IsBackground = true, Name = "Precise time", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>A timer that goes off once.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(callback, state, this);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Dispose()
    {
        Volatile.Write(ref _stopped, true);
        _thread.Join();
    }

    private void Run()
    {
        while (!Volatile.Read(ref _stopped))
        {
            while (NextDue() is { } timer)
                timer.Fire();
            Thread.Sleep(1);
        }
    }

    private Timer? NextDue()
    {
        lock (_lock)
            return _due.TryPeek(out _, out var at) && at <= GetTimestamp() ? _due.Dequeue() : null;
    }

    private void Add(Timer timer, TimeSpan dueTime)
    {
        lock (_lock)
            _due.Enqueue(timer, GetTimestamp() + (long)(dueTime.TotalSeconds * TimestampFrequency));
    }

    private sealed class Timer(TimerCallback callback, object? state, PreciseTime time) : ITimer
    {
        private volatile bool _disposed;

        public void Fire()
        {
            if (!_disposed)
                ThreadPool.UnsafeQueueUserWorkItem(_ => callback(state), null);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan)
                throw new NotSupportedException("Only timers that go off once.");
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.Add(this, dueTime);
            return true;
        }

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
