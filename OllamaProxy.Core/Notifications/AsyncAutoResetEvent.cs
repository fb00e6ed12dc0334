namespace OllamaProxy.Notifications;

/// <summary>Async auto-reset event with one waiter: any number of threads set it, and the wait that it ends resets it.</summary>
/// <param name="inline">
/// Whether the waiter continues on the thread that calls <see cref="Set"/>, which saves a change of threads. If not, <see cref="Set"/>
/// never blocks its caller.
/// </param>
internal sealed class AsyncAutoResetEvent(bool inline = false)
{
    private readonly Lock _lock = new();
    private bool _isSet;
    private TaskCompletionSource? _waiting;

    /// <summary>Ends the wait or, if nobody waits, the next one. Has no effect if it is set already.</summary>
    public void Set()
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            (waiting, _waiting) = (_waiting, null);
            _isSet = waiting is null;
        }
        waiting?.SetResult();
    }

    /// <summary>Completes when the event is set, and resets it.</summary>
    public Task WaitAsync()
    {
        lock (_lock)
        {
            if (!_isSet)
                return (_waiting = new(inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            _isSet = false;
            return Task.CompletedTask;
        }
    }

    /// <summary>Completes when the event is set or the timeout has passed, and resets it.</summary>
    public async Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync().WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The timeout is one of the two things that were waited for.
        }
        finally
        {
            lock (_lock)
                (_waiting, _isSet) = (null, false);
        }
    }
}
