using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Caching;

/// <summary>
/// Cache of the prompts that were read recently, in their last committed state: clients poll the same prompts until they have ended. Safe
/// for many threads.
/// </summary>
internal sealed class PromptCache
{
    /// <summary>How many prompts are kept. When there are more, all are dropped: those that are still polled come back.</summary>
    private const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Prompt> _byId = [];
    private readonly Dictionary<long, Guid> _bySeq = [];
    private long _generation;

    /// <summary>Changes with every commit that may change a prompt. Read it before a prompt that is to be kept.</summary>
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

    /// <summary>Keeps a prompt that was read, unless a commit since <paramref name="generation"/> may have changed it.</summary>
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

    /// <summary>Drops the prompts that a commit may have changed.</summary>
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

    /// <summary>Drops all prompts, after a commit of which the changes are not known.</summary>
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
