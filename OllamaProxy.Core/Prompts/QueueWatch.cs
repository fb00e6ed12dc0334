namespace OllamaProxy.Prompts;

/// <summary>Somebody who watches all prompts.</summary>
public sealed class QueueWatch : IDisposable
{
    /// <summary>How many changed prompts are noted for somebody who does not come to take them.</summary>
    private const int MaxNoted = 256;

    private readonly PromptWatches _watches;
    private readonly Latch _latch = new();
    private readonly Lock _lock = new();
    private HashSet<long> _changed = [];
    private bool _isComplete = true;

    internal QueueWatch(PromptWatches watches) => _watches = watches;

    /// <summary>As <see cref="PromptWatch.WaitAsync"/>.</summary>
    public Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken) => _latch.WaitAsync(atMost, time, cancellationToken);

    /// <summary>The numbers of the prompts that may have been changed, added or removed since the last time; null: too many, or nobody knows which.</summary>
    public IReadOnlyCollection<long>? Take()
    {
        lock (_lock)
        {
            var taken = _isComplete ? _changed : null;
            (_changed, _isComplete) = ([], true);
            return taken;
        }
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose() => _watches.End(this);

    internal void Tell(IReadOnlyCollection<long> seqs)
    {
        lock (_lock)
        {
            if (_isComplete)
                _changed.UnionWith(seqs);
            _isComplete &= _changed.Count <= MaxNoted;
        }
        _latch.Raise();
    }

    internal void TellOfAny()
    {
        lock (_lock)
            _isComplete = false;
        _latch.Raise();
    }
}
