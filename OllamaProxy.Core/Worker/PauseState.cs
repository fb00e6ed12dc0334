using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>What is paused, as of a look at the store.</summary>
public sealed class PauseState
{
    /// <summary>Nothing is paused.</summary>
    public static readonly PauseState None = new([]);

    /// <param name="pauses">What is paused.</param>
    public PauseState(IReadOnlyList<QueuePause> pauses)
    {
        All = pauses;
        IsQueuePaused = pauses.Any(pause => pause.Scope == PauseScope.Queue);
        IsDraining = pauses.Any(pause => pause.Scope == PauseScope.Submissions);
        Models = NamesOf(PauseScope.Model);
        Backends = NamesOf(PauseScope.Backend);

        HashSet<string> NamesOf(PauseScope scope) => [.. pauses.Where(pause => pause.Scope == scope).Select(pause => pause.Name)];
    }

    /// <summary>All that is paused.</summary>
    public IReadOnlyList<QueuePause> All { get; }

    /// <summary>Whether no prompt is begun.</summary>
    public bool IsQueuePaused { get; }

    /// <summary>Whether no prompt is accepted.</summary>
    public bool IsDraining { get; }

    /// <summary>The canonical names of the models of which no prompt is begun.</summary>
    public IReadOnlySet<string> Models { get; }

    /// <summary>The names of the backends on which no prompt is begun.</summary>
    public IReadOnlySet<string> Backends { get; }
}
