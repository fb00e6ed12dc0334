using OllamaProxy.Notifications;

namespace OllamaProxy.Live;

/// <summary>Somebody who waits for the answer to a prompt, over all attempts at it in this process.</summary>
public sealed class ResponseSubscription : IDisposable
{
    private readonly ResponseRegistry _responses;
    private readonly Guid _id;
    // Inline continuations: every token comes this way, and the waiter only passes it on.
    private readonly AsyncAutoResetEvent _event = new(inline: true);
    private volatile ResponseBuffer? _current;

    internal ResponseSubscription(ResponseRegistry responses, Guid id) => (_responses, _id) = (responses, id);

    /// <summary>The answer of the last attempt, be it settled or not; null: there was none.</summary>
    public ResponseBuffer? Current
    {
        get => _current;
        internal set => _current = value;
    }

    /// <summary>
    /// Completes as soon as <see cref="Notify"/> has been called since the last time this did. Waited for by one at a time.
    /// </summary>
    public Task WaitAsync() => _event.WaitAsync();

    /// <summary>
    /// Something has happened to <see cref="Current"/>, or there is another reason to look. Who waits goes on within this.
    /// </summary>
    public void Notify() => _event.Set();

    /// <summary>Ends the wait.</summary>
    public void Dispose() => _responses.End(_id);
}
