using OllamaProxy.Hosting;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

// How what was claimed is run, and what happens when it has ended.
public sealed partial class Dispatcher
{
    private bool Run(SlotReservation reservation, ClaimedPrompt prompt)
    {
        // The store may have taken so long to answer that another worker has the prompt by now.
        if (_time.GetElapsedTime(prompt.LeaseCountsFrom.Timestamp) >= reservation.Terms.LeaseLength)
        {
            _logger.ClaimTooLate(prompt.Id);
            return false;
        }
        var assignment = reservation.Assignment;
        if (assignment.IsRefused)
        {
            Start(reservation, () => _runner.RefuseAsync(prompt));
            return true;
        }
        var backend = _backends.Named(assignment.Backend);
        _activeLeases.Add(prompt.Lease, assignment.Backend, assignment.Key);
        backend.OnPromptStarted(assignment.Key);
        _metrics.OnStarted(assignment.Prompt.Account, assignment.Model, assignment.Backend,
            prompt.Attempt == 1 ? prompt.StartedAt - assignment.Prompt.CreatedAt : null, assignment.NeedsLoad, assignment.HasOvertaken);
        prompt = prompt with
        {
            LoadOptions = assignment.Key.Options,
            Queued = assignment.Prompt with { Seq = prompt.Lease.Seq },
        };
        if (reservation.Predecessor?.TryPrefetch(prompt) is true)
            return true;

        var slot = new Slot(backend, _runner, _activeLeases, OnSlotClosed, OnRoomAvailable, OnLeaseEnded, _patience, _time)
        {
            IsOrdinary = assignment.Prompt.IsOrdinary,
        };
        var isShortRunning = _slots.Use(reservation, slot);
        Start(reservation, () => slot.RunAsync(prompt, reservation.Early, isShortRunning, reservation.Stop));
        return true;
    }

    /// <summary>
    /// Traces are of what happens after the claim, and a model that a backend does not have is not asked for there: no call begins early
    /// then.
    /// </summary>
    private EarlyCall? EarlyCallAt(Assignment assignment)
    {
        var backend = _backends.Named(assignment.Backend);
        return PromptTraces.AreHeard || backend.State.IsExcluded(assignment.Model) ? null
            : new((prompt, stop) => _attempts.SendAsync(prompt, backend.Client, stop), _time);
    }

    /// <summary>Starts what was claimed, and holds on to it until it has ended.</summary>
    private void Start(SlotReservation reservation, Func<Task> run)
    {
        _slots.OnStarted(reservation);
        var running = Task.CompletedTask;
        if (_context is { } context)
            ExecutionContext.Run(context, _ => running = RunAsync(), null);
        else
            running = RunAsync();
        _slots.OnRunning(reservation, running);

        async Task RunAsync()
        {
            await run();
            if (reservation.Early is { } early)
                await early.DisposeAsync();
            if (_slots.OnEnded(reservation))
                _signal.RaiseForRoom();
        }
    }

    private void OnSlotClosed(Slot slot)
    {
        _slots.OnClosed(slot);
        OnRoomAvailable();
    }

    private void OnRoomAvailable()
    {
        if (!_snapshots.IsEmpty) // Else a prompt that is submitted raises the signal itself.
            _signal.RaiseForRoom();
    }

    /// <summary>A claim that the store refused may have waited for this lease.</summary>
    private void OnLeaseEnded()
    {
        if (_refused.OnLeaseEnded())
            _signal.RaiseForRoom();
    }
}
