using OllamaProxy.Live;
using OllamaProxy.Scheduling;

namespace OllamaProxy.Worker.Preemption;

/// <summary>An attempt that can be handed back as long as nobody has received any of its answer.</summary>
/// <param name="id">The id of its prompt.</param>
/// <param name="run">What the scheduler knows of it.</param>
/// <param name="text">What the model says.</param>
/// <param name="response">The answer to a call; null: the prompt was submitted.</param>
/// <param name="stop">Stops the attempt, so that it is handed back.</param>
/// <param name="ended">Called when it has ended.</param>
internal sealed class PreemptibleAttempt(Guid id, PreemptibleRun run, AttemptOutput text, ResponseBuffer? response,
    CancellationTokenSource stop, Action<PreemptibleAttempt> ended) : IDisposable
{
    public Guid Id => id;

    public PreemptibleRun Run => run;

    /// <summary>Whether nobody has received any of its answer, and it has not been handed back yet.</summary>
    public bool CanBeHandedBack => !stop.IsCancellationRequested && !text.IsRead && response is not { IsBeingRead: true };

    /// <summary>
    /// Hands it back. False: somebody has received some of the answer. Who begins to follow the text of a prompt at this very moment is
    /// told that it begins anew, as after a failed attempt.
    /// </summary>
    public bool TryHandBack()
    {
        if (!CanBeHandedBack || response?.TryDiscard() is false)
            return false;
        _ = stop.CancelAsync();
        return true;
    }

    public void Dispose() => ended(this);
}
