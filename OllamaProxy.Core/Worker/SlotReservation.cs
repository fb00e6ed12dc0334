using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// A slot that is kept for a prompt while it is being claimed. Dispose of it: a reservation that was not used gives the slot back.
/// </summary>
/// <param name="assignment">Which prompt, and where it will run.</param>
/// <param name="terms">The terms on which it is claimed.</param>
/// <param name="run">Runs the claimed prompt.</param>
/// <param name="giveBack">Gives the slot back.</param>
/// <param name="stop">Hands back what runs, and ends it early.</param>
internal sealed class SlotReservation(
    Assignment assignment, ClaimTerms terms, Action<SlotReservation, ClaimedPrompt> run, Action<SlotReservation> giveBack,
        CancellationToken stop)
    : ISlotReservation
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasRun;

    public Assignment Assignment => assignment;

    public ClaimTerms Terms => terms;

    public CancellationToken Stop => stop;

    /// <summary>Completes when the prompt has been begun, or the slot given back.</summary>
    public Task Done => _done.Task;

    /// <summary>The slot in which the prompt follows what runs; null: it gets one of its own.</summary>
    public Slot? Predecessor { get; init; }

    /// <summary>What the prompt's account was charged; null: nothing, since it is not sent.</summary>
    public TokenCharge? Charge { get; init; }

    public void Run(ClaimedPrompt prompt)
    {
        _hasRun = true;
        run(this, prompt);
        _done.SetResult();
    }

    public void Dispose()
    {
        if (_hasRun)
            return;
        giveBack(this);
        _done.TrySetResult();
    }
}
