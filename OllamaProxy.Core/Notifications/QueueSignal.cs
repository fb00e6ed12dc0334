namespace OllamaProxy.Notifications;

/// <summary>
/// Wakes the worker of this process when the queue may have changed or a slot may be free, so that it need not wait for its next poll.
/// </summary>
public sealed class QueueSignal
{
    private readonly AsyncAutoResetEvent _event = new();
    private long _changes;

    /// <summary>How often the signal was raised for the queue: while this stays the same, nothing was queued by this process.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Raises the signal because the queue may have changed. It stays raised until it is waited for.</summary>
    public void Raise()
    {
        Interlocked.Increment(ref _changes);
        _event.Set();
    }

    /// <summary>Raises the signal because a slot may be free for what is queued.</summary>
    public void RaiseForRoom() => _event.Set();

    /// <summary>
    /// Completes as soon as the signal is up, or after <paramref name="timeout"/>, and takes it down. Look at the queue after this, and
    /// nothing is missed. Waited for by one at a time.
    /// </summary>
    public Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        _event.WaitAsync(timeout, time, cancellationToken);
}
