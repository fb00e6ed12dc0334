namespace OllamaProxy.Notifications;

/// <summary>
/// Notifies subscribers of changes of prompts. The store notifies after each commit, its own or, within half a second, another process's;
/// a running attempt notifies for each token. Safe for many threads, and never blocks the one that notifies.
/// </summary>
public sealed class ChangeNotifier
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, List<PromptSubscription>> _bySeq = [];
    private readonly List<QueueSubscription> _ofAll = [];
    private volatile bool _isEmpty = true;

    /// <summary>
    /// Raised, where the store hears of it at once, after another process has queued prompts: a worker need not wait for its next poll.
    /// Handlers must not block.
    /// </summary>
    public event Action? QueuedElsewhere;

    /// <summary>Whether there is no subscriber.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>
    /// Subscribes to a prompt until the subscription is disposed of. Read the prompt after this, not before, and no change is missed.
    /// </summary>
    /// <param name="seq">The prompt's number.</param>
    /// <param name="text">Whether to be notified of every token as well.</param>
    public PromptSubscription Subscribe(long seq, bool text)
    {
        var subscription = new PromptSubscription(this, seq, text);
        lock (_lock)
        {
            if (!_bySeq.TryGetValue(seq, out var subscriptions))
                _bySeq[seq] = subscriptions = [];
            subscriptions.Add(subscription);
            _isEmpty = false;
        }
        return subscription;
    }

    /// <summary>Subscribes to all prompts until the subscription is disposed of.</summary>
    public QueueSubscription SubscribeToAll()
    {
        var subscription = new QueueSubscription(this);
        lock (_lock)
        {
            _ofAll.Add(subscription);
            _isEmpty = false;
        }
        return subscription;
    }

    /// <summary>Notifies that these prompts may have been changed, added or removed.</summary>
    public void NotifyChanged(IReadOnlyCollection<long> seqs)
    {
        if (_isEmpty)
            return;
        lock (_lock)
        {
            foreach (var subscription in _ofAll)
                subscription.Notify(seqs);
            if (_bySeq.Count == 0)
                return;
            foreach (var seq in seqs)
                if (_bySeq.TryGetValue(seq, out var subscriptions))
                    foreach (var subscription in subscriptions)
                        subscription.Notify();
        }
    }

    /// <summary>Notifies that any prompt may have been changed.</summary>
    public void NotifyAnyChanged()
    {
        if (_isEmpty)
            return;
        lock (_lock)
        {
            foreach (var subscription in _ofAll)
                subscription.NotifyAny();
            foreach (var subscription in _bySeq.Values.SelectMany(subscriptions => subscriptions))
                subscription.Notify();
        }
    }

    /// <summary>Raises <see cref="QueuedElsewhere"/>.</summary>
    internal void NotifyQueuedElsewhere() => QueuedElsewhere?.Invoke();

    /// <summary>Notifies that more of a prompt's output has been generated.</summary>
    internal void NotifyOutput(long seq)
    {
        if (_isEmpty)
            return;
        lock (_lock)
        {
            if (!_bySeq.TryGetValue(seq, out var subscriptions))
                return;
            foreach (var subscription in subscriptions)
                if (subscription.Text)
                    subscription.Notify();
        }
    }

    internal void Unsubscribe(PromptSubscription subscription)
    {
        lock (_lock)
        {
            if (_bySeq.TryGetValue(subscription.Seq, out var subscriptions)
                && subscriptions.Remove(subscription) && subscriptions.Count == 0)
                _bySeq.Remove(subscription.Seq);
            UpdateIsEmpty();
        }
    }

    internal void Unsubscribe(QueueSubscription subscription)
    {
        lock (_lock)
        {
            _ofAll.Remove(subscription);
            UpdateIsEmpty();
        }
    }

    private void UpdateIsEmpty() => _isEmpty = _bySeq.Count == 0 && _ofAll.Count == 0;
}
