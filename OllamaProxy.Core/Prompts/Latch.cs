namespace OllamaProxy.Prompts;

/// <summary>Is raised by many and waited for by one, who takes it down with that. Never holds up those who raise it.</summary>
internal sealed class Latch
{
    private readonly Lock _lock = new();
    private bool _isUp;
    private TaskCompletionSource? _waiting;

    public void Raise()
    {
        lock (_lock)
        {
            _isUp = _waiting is null;
            _waiting?.SetResult();
            _waiting = null;
        }
    }

    /// <summary>Completes as soon as it is up. Who has other reasons to go on raises it for those.</summary>
    public Task WaitAsync()
    {
        lock (_lock)
        {
            if (!_isUp)
                return (_waiting = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            _isUp = false;
            return Task.CompletedTask;
        }
    }

    /// <summary>Completes as soon as it is up, or after a time.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync().WaitAsync(atMost, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Then the time is what was waited for.
        }
        finally
        {
            lock (_lock)
                (_waiting, _isUp) = (null, false);
        }
    }
}
