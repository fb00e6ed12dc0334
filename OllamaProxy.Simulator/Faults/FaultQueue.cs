namespace OllamaProxy.Simulator.Faults;

/// <summary>
/// The upcoming faults, first in, first out. Each valid generation or embedding of any API takes one; rejected requests, loads and unloads
/// take none. Safe for many threads.
/// </summary>
public sealed class FaultQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<(Fault Fault, int Times)> _faults = new();
    private int _taken;

    /// <summary>How many generations will take a fault.</summary>
    public long Count
    {
        get
        {
            lock (_gate) return _faults.Sum(entry => (long)entry.Times) - _taken;
        }
    }

    /// <summary>Adds a fault for the next <paramref name="times"/> generations that have none yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1.</exception>
    public void Enqueue(Fault fault, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_gate) _faults.Enqueue((fault, times));
    }

    /// <summary>Removes all faults that have not been taken.</summary>
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
