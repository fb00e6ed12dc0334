using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

/// <summary>
/// A slot that is kept for a prompt while it is being claimed. Dispose of it: a reservation that was not used gives the slot back.
/// </summary>
/// <param name="assignment">Which prompt, and where it will run.</param>
/// <param name="terms">The terms on which it is claimed.</param>
/// <param name="reservedAt">The clocks before the claim is asked for.</param>
/// <param name="run">Runs the claimed prompt. False: it may not be run any more.</param>
/// <param name="giveBack">Gives the slot back.</param>
/// <param name="stop">Hands back what runs, and ends it early.</param>
internal sealed class SlotReservation(
    Assignment assignment, ClaimTerms terms, ClockReading reservedAt, Func<SlotReservation, ClaimedPrompt, bool> run,
        Action<SlotReservation> giveBack, CancellationToken stop)
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

    /// <summary>The call to Ollama, which begins while the claim is being committed; null: it begins only then.</summary>
    public EarlyCall? Early { get; init; }

    /// <summary>What the prompt's account was charged; null: nothing, since it is not sent.</summary>
    public TokenCharge? Charge { get; init; }

    public void Run(ClaimedPrompt prompt)
    {
        _hasRun = run(this, prompt with { LeaseCountsFrom = reservedAt });
        if (_hasRun)
            _done.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        if (_hasRun)
            return;
        // Only then the slot is free.
        if (Early is not null)
            await Early.DisposeAsync();
        giveBack(this);
        _done.TrySetResult();
    }
}
