namespace OllamaProxy.Notifications;

/// <summary>Tells the worker of this process that a prompt was queued here, so that it need not wait for its next poll.</summary>
public sealed class QueueSignal
{
    private readonly AsyncAutoResetEvent _event = new();
    private long _changes;

    /// <summary>How often the signal was raised for the queue; while that stays the same, nothing was queued here.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Raises the signal, since the queue may have changed; it stays up until it was waited for.</summary>
    public void Raise()
    {
        Interlocked.Increment(ref _changes);
        _event.Set();
    }

    /// <summary>Raises the signal, since there may be room for what is queued.</summary>
    public void RaiseForRoom() => _event.Set();

    /// <summary>
    /// Completes as soon as the signal is up, or after <paramref name="timeout"/>, and takes it down. Look at the queue after this, and
    /// nothing is missed. Waited for by one at a time.
    /// </summary>
    public Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) => _event.WaitAsync(timeout, time, cancellationToken);
}
