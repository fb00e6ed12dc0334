namespace OllamaProxy.Prompts;

/// <summary>
/// Who waits for something to happen to a prompt. The store tells of every commit, its own and, within half a second, that of
/// another process; <see cref="LiveTexts"/> tells of every token. Safe for many threads; nobody who tells is ever held up.
/// </summary>
public sealed class PromptWatches
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, List<PromptWatch>> _bySeq = [];
    private readonly List<QueueWatch> _ofAll = [];
    private volatile bool _isEmpty = true;

    /// <summary>Whether nobody waits for anything.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Watches a prompt until the watch is disposed. Look at the prompt after this, not before, and nothing is missed.</summary>
    /// <param name="seq">The prompt's number.</param>
    /// <param name="text">Whether to be told of every token as well.</param>
    public PromptWatch Watch(long seq, bool text)
    {
        var watch = new PromptWatch(this, seq, text);
        lock (_lock)
        {
            if (!_bySeq.TryGetValue(seq, out var watches))
                _bySeq[seq] = watches = [];
            watches.Add(watch);
            _isEmpty = false;
        }
        return watch;
    }

    /// <summary>Watches all prompts until the watch is disposed.</summary>
    public QueueWatch WatchAll()
    {
        var watch = new QueueWatch(this);
        lock (_lock)
        {
            _ofAll.Add(watch);
            _isEmpty = false;
        }
        return watch;
    }

    /// <summary>Tells that these prompts may have been changed, added or removed.</summary>
    public void Changed(IReadOnlyCollection<long> seqs)
    {
        if (_isEmpty)
            return;
        lock (_lock)
        {
            foreach (var watch in _ofAll)
                watch.Tell(seqs);
            if (_bySeq.Count == 0)
                return;
            foreach (var seq in seqs)
                if (_bySeq.TryGetValue(seq, out var watches))
                    foreach (var watch in watches)
                        watch.Tell();
        }
    }

    /// <summary>Tells that any prompt may have been changed.</summary>
    public void AnyChanged()
    {
        if (_isEmpty)
            return;
        lock (_lock)
        {
            foreach (var watch in _ofAll)
                watch.TellOfAny();
            foreach (var watch in _bySeq.Values.SelectMany(watches => watches))
                watch.Tell();
        }
    }

    /// <summary>Tells that more of a prompt's text has been generated.</summary>
    internal void TextGrew(long seq)
    {
        if (_isEmpty)
            return;
        lock (_lock)
        {
            if (!_bySeq.TryGetValue(seq, out var watches))
                return;
            foreach (var watch in watches)
                if (watch.Text)
                    watch.Tell();
        }
    }

    internal void End(PromptWatch watch)
    {
        lock (_lock)
        {
            if (_bySeq.TryGetValue(watch.Seq, out var watches) && watches.Remove(watch) && watches.Count == 0)
                _bySeq.Remove(watch.Seq);
            NoteWhetherEmpty();
        }
    }

    internal void End(QueueWatch watch)
    {
        lock (_lock)
        {
            _ofAll.Remove(watch);
            NoteWhetherEmpty();
        }
    }

    private void NoteWhetherEmpty() => _isEmpty = _bySeq.Count == 0 && _ofAll.Count == 0;
}
