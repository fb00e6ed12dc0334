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
            _isUp = true;
            _waiting?.TrySetResult();
        }
    }

    /// <summary>Completes as soon as it is up, or after a time.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            if (_isUp)
            {
                _isUp = false;
                return;
            }
            _waiting = waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        try
        {
            await waiting.Task.WaitAsync(atMost, time, cancellationToken);
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
