namespace OllamaProxy.Notifications;

/// <summary>Is raised by many and waited for by one, who takes it down with that.</summary>
/// <param name="inline">
/// Whether who waits goes on within <see cref="Set"/>, which saves a change of threads; else those who raise it are never held up.
/// </param>
internal sealed class AsyncAutoResetEvent(bool inline = false)
{
    private readonly Lock _lock = new();
    private bool _isSet;
    private TaskCompletionSource? _waiting;

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

    /// <summary>Completes as soon as it is up. Who has other reasons to go on raises it for those.</summary>
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

    /// <summary>Completes as soon as it is up, or after a time.</summary>
    public async Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync().WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Then the time is what was waited for.
        }
        finally
        {
            lock (_lock)
                (_waiting, _isSet) = (null, false);
        }
    }
}
