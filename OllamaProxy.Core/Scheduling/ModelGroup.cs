using System.Runtime.CompilerServices;
using OllamaProxy.Storage;

namespace OllamaProxy.Scheduling;

/// <summary>The due prompts of a model, of those that were handed in.</summary>
internal sealed class ModelGroup(string model, List<BackendCapacity> backends, OvertakeHistory overtaken)
{
    private StrongBox<DateTimeOffset?>? _overtakenSince;
    private int _highest = int.MinValue;

    public string Model => model;

    public List<BackendCapacity> Backends => backends;

    public Queue<QueuedPrompt> Waiting { get; } = [];

    /// <summary>Whether a backend is known to have the model, or none was named.</summary>
    public bool IsKnown { get; } = model.Length == 0 || backends.Exists(backend => backend.State.Has(model));

    public QueuedPrompt? Head => Waiting.TryPeek(out var head) ? head : null;

    public OvertakeHistory OvertakeHistory
    {
        get => overtaken;
        set => (overtaken, _overtakenSince) = (value, null);
    }

    /// <summary>
    /// Since when any of them has been overtaken, which cannot have been before it came; null: none has. It need not be the
    /// first: one of a higher priority may have come before it since.
    /// </summary>
    public DateTimeOffset? OvertakenSince => OvertakeHistory == OvertakeHistory.Never ? null : (_overtakenSince ??= new(Waiting.Min(SinceOf))).Value;

    public void Add(QueuedPrompt prompt)
    {
        Waiting.Enqueue(prompt);
        _highest = Math.Max(_highest, prompt.Priority);
    }

    /// <summary>Whether any of them has been overtaken since then or longer.</summary>
    public bool IsOvertakenSince(DateTimeOffset time) => OvertakeHistory.FirstAt <= time && OvertakenSince <= time;

    /// <summary>Whether there is one of a higher priority before a prompt of another model.</summary>
    public bool HasHigherBefore(QueuedPrompt prompt) => _highest > prompt.Priority
        && Waiting.TakeWhile(waiting => waiting.Key.CompareTo(prompt.Key) < 0).Any(waiting => waiting.Priority > prompt.Priority);

    /// <summary>Forgets what mattered to those only that have had their turn.</summary>
    public void Settle()
    {
        _overtakenSince = null;
        if (Head is { } head && OvertakeHistory.Prune(head.Key) is var rest && rest != OvertakeHistory)
            OvertakeHistory = rest;
    }

    private DateTimeOffset? SinceOf(QueuedPrompt prompt) => OvertakeHistory.FirstOvertakenAt(prompt.Key) is { } since
        ? since > prompt.CreatedAt ? since : prompt.CreatedAt
        : null;
}
