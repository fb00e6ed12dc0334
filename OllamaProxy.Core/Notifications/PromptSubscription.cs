namespace OllamaProxy.Notifications;

/// <summary>Somebody who watches one prompt. However much happens meanwhile, it is told once: look at the prompt to see what it was.</summary>
public sealed class PromptSubscription : IDisposable
{
    private readonly ChangeNotifier _notifier;
    private readonly AsyncAutoResetEvent _event = new();

    internal PromptSubscription(ChangeNotifier notifier, long seq, bool text) => (_notifier, Seq, Text) = (notifier, seq, text);

    /// <summary>The prompt's number.</summary>
    internal long Seq { get; }

    /// <summary>Whether it is told of every token as well.</summary>
    internal bool Text { get; }

    /// <summary>
    /// Completes as soon as something has happened since the last time this did, or after <paramref name="timeout"/>.
    /// Waited for by one at a time.
    /// </summary>
    public Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) => _event.WaitAsync(timeout, time, cancellationToken);

    /// <summary>Ends the watch.</summary>
    public void Dispose() => _notifier.Unsubscribe(this);

    internal void Notify() => _event.Set();
}
