using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

// How slots are reserved and given back. All of it but GiveBack runs under the lock.
internal sealed partial class SlotTable
{
    private SlotReservation Reserve(Assignment assignment)
    {
        if (assignment.IsRefused)
            return New(assignment, null, null);
        var slots = _slots[assignment.Backend];
        return slots.Free == 0 && slots.Open.FirstOrDefault(slot => slot.CanPrefetch) is { } predecessor
            ? New(assignment, predecessor.TryReserve(), predecessor)
            : Keep(assignment);
    }

    private SlotReservation Keep(Assignment assignment)
    {
        var reservation = New(assignment, _activeLeases.TryReuseFinished(assignment.Backend), null);
        _slots[assignment.Backend].Reserved++;
        _reserved.Add(reservation);
        return reservation;
    }

    private SlotReservation New(Assignment assignment, Lease? predecessorLease, Slot? predecessor)
    {
        var terms = new ClaimTerms(_backends.Named(assignment.Backend).Concurrency, _options.LeaseLength, _options.MaxAttempts,
            assignment.Backend)
        {
            PredecessorLease = predecessorLease,
            TakesSlot = !assignment.IsRefused,
            Worker = _identity.Token,
        };
        return new(assignment, terms, ClockReading.Of(_time), Run, GiveBack, _stop ?? new(canceled: true)) { Predecessor = predecessor };
    }

    private void GiveBack(SlotReservation reservation)
    {
        reservation.Predecessor?.CancelPrefetch();
        lock (_lock)
            Unreserve(reservation);
    }

    private void Unreserve(SlotReservation reservation)
    {
        if (_reserved.Remove(reservation))
            _slots[reservation.Assignment.Backend].Reserved--;
    }
}
