using OllamaProxy.Notifications;

namespace OllamaProxy.Batching;

/// <summary>Wakes the <see cref="BatchRunner"/> of this process, so that it need not wait for its next look.</summary>
public sealed class BatchSignal
{
    private readonly AsyncAutoResetEvent _event = new();

    /// <summary>A batch may be moved on.</summary>
    public void Raise() => _event.Set();

    /// <summary>Completes as soon as that is so, or after a time. Waited for by one at a time.</summary>
    internal Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        _event.WaitAsync(timeout, time, cancellationToken);
}
