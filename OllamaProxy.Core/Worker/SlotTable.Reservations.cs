using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

// How slots are reserved and given back. The private methods but RunClaimed and GiveBack run under the lock.
internal sealed partial class SlotTable
{
    /// <summary>
    /// Chooses which of these prompts is handed back for one that has waited for too long, and tells for which one; null: none.
    /// </summary>
    /// <param name="snapshot">The queue. There is no slot for any of its prompts.</param>
    /// <param name="running">The prompts that can be handed back.</param>
    /// <param name="urgent">The numbers of those that have waited for too long.</param>
    public (PreemptibleRun Run, QueuedPrompt Next)? ChooseToHandBack(
        QueueSnapshot snapshot, IEnumerable<PreemptibleRun> running, IReadOnlySet<long> urgent)
    {
        lock (_lock)
        {
            var pauses = _pauses.Current;
            if (pauses.IsQueuePaused)
                return null;
            return PreemptionRule.Choose(
                running.Where(run => !pauses.Backends.Contains(run.Backend)), urgent,
                [.. snapshot.Prompts.Where(prompt => !pauses.Models.Contains(_scheduler.ModelOf(prompt)))],
                [.. _slots.Values.Select(slots => LoadOf(slots, 0, pauses))],
                (queue, backends) => _scheduler.Decide(
                    queue, backends, _overtakeHistory, _time.GetUtcNow(), snapshot.IsPartial, _accounts.Counters, _accounts.Room));
        }
    }

    private bool IsAllowed(Assignment assignment) =>
        assignment.IsRefused || !assignment.Prompt.IsOrdinary || _slots[assignment.Backend].FreeOrdinary > 0;

    private SlotReservation Reserve(Assignment assignment)
    {
        if (assignment.IsRefused)
            return New(assignment, null, null);
        var slots = _slots[assignment.Backend];
        return slots.Free == 0 && slots.PrefetchableSlots.FirstOrDefault() is { } predecessor
            ? New(assignment, predecessor.TryReserve(), predecessor)
            : Keep(assignment, null);
    }

    private SlotReservation Keep(Assignment assignment, EarlyCall? early)
    {
        var reservation = New(assignment, _activeLeases.TryReuseFinished(assignment.Backend), null, early);
        Count(reservation, 1);
        _reserved.Add(reservation);
        return reservation;
    }

    private SlotReservation New(Assignment assignment, Lease? predecessorLease, Slot? predecessor, EarlyCall? early = null)
    {
        var terms = new ClaimTerms(_backends.Named(assignment.Backend).Concurrency, _options.LeaseLength, _options.MaxAttempts,
            assignment.Backend)
        {
            PredecessorLease = predecessorLease,
            TakesSlot = !assignment.IsRefused,
            Worker = _identity.Token,
            Committing = early is null ? null : early.Begin,
        };
        return new(assignment, terms, ClockReading.Of(_time), RunClaimed, GiveBack, _stop ?? new(canceled: true))
        {
            Predecessor = predecessor,
            Early = early,
            Charge = assignment.IsRefused ? null : _accounts.Charge(assignment),
        };
    }

    private bool RunClaimed(SlotReservation reservation, ClaimedPrompt prompt)
    {
        if (reservation.Charge is { } charge)
            _accounts.OnClaimed(prompt.Lease, charge);
        if (Run(reservation, prompt))
            return true;
        _accounts.OnNotRun(prompt.Lease);
        return false;
    }

    private void GiveBack(SlotReservation reservation)
    {
        reservation.Predecessor?.CancelPrefetch();
        if (reservation.Charge is { } charge)
            _accounts.Refund(charge);
        lock (_lock)
            Unreserve(reservation);
    }

    private void Unreserve(SlotReservation reservation)
    {
        if (_reserved.Remove(reservation))
            Count(reservation, -1);
    }

    private void Count(SlotReservation reservation, int change)
    {
        var slots = _slots[reservation.Assignment.Backend];
        slots.Reserved += change;
        if (reservation.Assignment.Prompt.IsOrdinary)
            slots.ReservedOrdinary += change;
    }
}
