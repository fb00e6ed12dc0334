namespace OllamaProxy.Notifications;

/// <summary>A subscription to all prompts.</summary>
public sealed class QueueSubscription : IDisposable
{
    /// <summary>How many changed prompts are kept for a subscriber that does not take them.</summary>
    private const int MaxNoted = 256;

    private readonly ChangeNotifier _notifier;
    private readonly AsyncAutoResetEvent _event = new();
    private readonly Lock _lock = new();
    private HashSet<long> _changed = [];
    private bool _isComplete = true;

    internal QueueSubscription(ChangeNotifier notifier) => _notifier = notifier;

    /// <summary>As <see cref="PromptSubscription.WaitAsync"/>.</summary>
    public Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        _event.WaitAsync(timeout, time, cancellationToken);

    /// <summary>
    /// The numbers of the prompts that may have been changed, added or removed since the last time; null: too many, or nobody knows which.
    /// </summary>
    public IReadOnlyCollection<long>? Take()
    {
        lock (_lock)
        {
            var taken = _isComplete ? _changed : null;
            (_changed, _isComplete) = ([], true);
            return taken;
        }
    }

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _notifier.Unsubscribe(this);

    internal void Notify(IReadOnlyCollection<long> seqs)
    {
        lock (_lock)
        {
            if (_isComplete)
                _changed.UnionWith(seqs);
            _isComplete &= _changed.Count <= MaxNoted;
        }
        _event.Set();
    }

    internal void NotifyAny()
    {
        lock (_lock)
            _isComplete = false;
        _event.Set();
    }
}
