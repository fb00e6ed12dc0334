using System.Runtime.CompilerServices;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>
/// The due prompts of an account for one model and one way to load it, in the order of the queue, with the backends that can run them.
/// </summary>
internal sealed class ModelGroup(GroupKey key, List<BackendCapacity> backends, OvertakeHistory history)
{
    private StrongBox<DateTimeOffset?>? _overtakenSince;
    private bool _isReduced;

    public GroupKey Key => key;

    public string Account => key.Account;

    public LoadKey Load => key.Load;

    public string Model => key.Load.Model;

    /// <summary>The highest priority that any of its prompts has had in this round.</summary>
    public int Highest { get; private set; } = int.MinValue;

    /// <summary>The lowest priority that any of its prompts has had in this round.</summary>
    public int Lowest { get; private set; } = int.MaxValue;

    public List<BackendCapacity> Backends => backends;

    public Queue<QueuedPrompt> Waiting { get; } = [];

    /// <summary>Whether a backend is known to have the model, or the prompts name none.</summary>
    public bool IsKnown { get; } = key.Load.Model.Length == 0 || backends.Exists(backend => backend.State.Has(key.Load.Model));

    public QueuedPrompt? Head => Waiting.TryPeek(out var head) ? head : null;

    public OvertakeHistory History
    {
        get => history;
        set => (history, _overtakenSince) = (value, null);
    }

    /// <summary>
    /// Since when any of the prompts has been overtaken; null: none has been. It cannot be before the prompt was submitted, and it need not
    /// be about the first prompt: one of a higher priority may have come before it since.
    /// </summary>
    public DateTimeOffset? OvertakenSince =>
        History == OvertakeHistory.Never ? null : (_overtakenSince ??= new(Waiting.Min(SinceOf))).Value;

    public void Add(QueuedPrompt prompt)
    {
        Waiting.Enqueue(prompt);
        (Lowest, Highest) = (Math.Min(Lowest, prompt.Priority), Math.Max(Highest, prompt.Priority));
    }

    /// <summary>Whether any of the prompts was overtaken at this time or before.</summary>
    public bool IsOvertakenSince(DateTimeOffset time) => History.FirstAt <= time && OvertakenSince <= time;

    /// <summary>Whether the group has a prompt that comes before a given one of another model and has a higher priority.</summary>
    public bool HasHigherBefore(QueuedPrompt prompt) => Highest > prompt.Priority
        && Waiting.TakeWhile(waiting => waiting.Key.CompareTo(prompt.Key) < 0).Any(waiting => waiting.Priority > prompt.Priority);

    /// <summary>Drops the ordinary prompts for the rest of the round. The history is still about them, too.</summary>
    public void DropOrdinary()
    {
        var kept = Waiting.Where(prompt => !prompt.IsOrdinary).ToList();
        Waiting.Clear();
        kept.ForEach(Waiting.Enqueue);
        (_overtakenSince, _isReduced) = (null, true);
    }

    /// <summary>Drops the part of the history that is only about prompts that are gone.</summary>
    public void PruneHistory()
    {
        _overtakenSince = null;
        if (!_isReduced && Head is { } head && History.Prune(head.Key) is var rest && rest != History)
            History = rest;
    }

    private DateTimeOffset? SinceOf(QueuedPrompt prompt) => History.FirstOvertakenAt(prompt.Key) is { } since
        ? since > prompt.CreatedAt ? since : prompt.CreatedAt
        : null;
}
