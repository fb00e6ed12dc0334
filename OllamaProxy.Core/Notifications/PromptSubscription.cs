namespace OllamaProxy.Notifications;

/// <summary>
/// A subscription to one prompt. Changes that come before it is waited for again are notified once: read the prompt to see what they were.
/// </summary>
public sealed class PromptSubscription : IDisposable
{
    private readonly ChangeNotifier _notifier;
    private readonly AsyncAutoResetEvent _event = new();

    internal PromptSubscription(ChangeNotifier notifier, long seq, bool text) => (_notifier, Seq, Text) = (notifier, seq, text);

    /// <summary>The prompt's number.</summary>
    internal long Seq { get; }

    /// <summary>Whether it is notified of every token as well.</summary>
    internal bool Text { get; }

    /// <summary>
    /// Completes as soon as something has happened since the last time this did, or after <paramref name="timeout"/>.
    /// Waited for by one at a time.
    /// </summary>
    public Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        _event.WaitAsync(timeout, time, cancellationToken);

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _notifier.Unsubscribe(this);

    internal void Notify() => _event.Set();
}
