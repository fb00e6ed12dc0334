namespace OllamaProxy.Simulator.Faults;

/// <summary>
/// The faults to come, first in, first out. Each valid generation or embedding takes one, through whichever API; requests
/// that are turned down, load or unload take none. Safe for many threads.
/// </summary>
public sealed class FaultQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<(Fault Fault, int Times)> _faults = new();
    private int _taken;

    /// <summary>How many generations will go wrong.</summary>
    public long Count
    {
        get
        {
            lock (_gate) return _faults.Sum(entry => (long)entry.Times) - _taken;
        }
    }

    /// <summary>Has the next <paramref name="times"/> generations without a fault take this one.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1.</exception>
    public void Enqueue(Fault fault, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_gate) _faults.Enqueue((fault, times));
    }

    /// <summary>Forgets the faults that nobody has taken yet.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _faults.Clear();
            _taken = 0;
        }
    }

    internal Fault? TakeNext()
    {
        lock (_gate)
        {
            if (!_faults.TryPeek(out var next)) return null;
            if (++_taken == next.Times)
            {
                _faults.Dequeue();
                _taken = 0;
            }

            return next.Fault;
        }
    }
}
