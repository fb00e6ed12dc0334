using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Prompts that were asked for lately, as they were last committed: clients ask for the same ones again and again until
/// they have ended. Safe for many threads.
/// </summary>
internal sealed class PromptCache
{
    /// <summary>How many are kept. All go at once when there are more: those that are still asked for come back.</summary>
    private const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Prompt> _byId = [];
    private readonly Dictionary<long, Guid> _bySeq = [];
    private long _generation;

    /// <summary>Changes with every commit that may change a prompt. To be read before a prompt is.</summary>
    public long Generation
    {
        get
        {
            lock (_lock)
                return _generation;
        }
    }

    public Prompt? Find(Guid id)
    {
        lock (_lock)
            return _byId.GetValueOrDefault(id);
    }

    /// <summary>Keeps a prompt that was read, unless there was a commit since: it may be of before that.</summary>
    public void Keep(Prompt prompt, long generation)
    {
        lock (_lock)
        {
            if (generation != _generation)
                return;
            if (_byId.Count >= Capacity)
                Empty();
            _byId[prompt.Id] = prompt;
            _bySeq[prompt.Seq] = prompt.Id;
        }
    }

    /// <summary>Forgets those that a commit may have changed.</summary>
    public void Forget(IReadOnlyCollection<long> seqs)
    {
        if (seqs.Count == 0)
            return;
        lock (_lock)
        {
            _generation++;
            foreach (var seq in seqs)
                if (_bySeq.Remove(seq, out var id))
                    _byId.Remove(id);
        }
    }

    /// <summary>Forgets all, after a commit of nobody knows what.</summary>
    public void ForgetAll()
    {
        lock (_lock)
        {
            _generation++;
            Empty();
        }
    }

    private void Empty()
    {
        _byId.Clear();
        _bySeq.Clear();
    }
}
