using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Worker.Attempts;
using OllamaProxy.Worker.Preemption;

namespace OllamaProxy.Worker;

/// <summary>
/// Claims prompts and starts them on backends that have room: queued prompts and, where none is queued, prompts that are being submitted.
/// One drain at a time uses it; prompts are submitted by many threads. The <see cref="SlotTable"/> knows the slots and decides who gets
/// them.
/// </summary>
public sealed partial class Dispatcher : IDirectDispatch
{
    private readonly IWorkQueue _store;
    private readonly BackendPool _backends;
    private readonly PromptRunner _runner;
    private readonly AttemptRunner _attempts;
    private readonly Preemptor _preemptor;
    private readonly QueueSignal _signal;
    private readonly PromptMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Dispatcher> _logger;
    private readonly TimeSpan _patience;
    private readonly SnapshotCache _snapshots;
    private readonly ActiveLeases _activeLeases = new();
    private readonly RefusedClaims _refused = new();
    private readonly SlotTable _slots;
    private volatile ExecutionContext? _context;

    /// <summary>Runs nothing yet.</summary>
    public Dispatcher(
        IWorkQueue store, BackendPool backends, PromptRunner runner, AttemptRunner attempts, QueuePauses pauses, AccountLedger accounts,
        Preemptor preemptor, QueueSignal signal, WorkerIdentity identity, PromptMetrics metrics, OllamaProxyOptions options,
        TimeProvider time, ILogger<Dispatcher> logger)
    {
        (_store, _backends, _runner, _attempts, _preemptor, _signal) = (store, backends, runner, attempts, preemptor, signal);
        (_metrics, _time, _logger) = (metrics, time, logger);
        _slots = new(backends, _activeLeases, pauses, accounts, identity, options, time) { Run = Run, EarlyCallAt = EarlyCallAt };
        _snapshots = new(store, signal, accounts, identity, options, time);
        _patience = options.LeaseLength / 3 < Slot.ShortRun ? options.LeaseLength / 3 : Slot.ShortRun;
    }

    /// <summary>
    /// From now on prompts are run, in the execution context of whoever calls this: what a prompt logs and traces belongs to the drain,
    /// and not to the request that happened to submit it, which may be over long before.
    /// </summary>
    /// <param name="stop">Hands back what runs, and ends it early.</param>
    public void Begin(CancellationToken stop)
    {
        _context = ExecutionContext.Capture();
        _slots.Open(stop);
    }

    /// <summary>
    /// From now on no prompt is begun, if nothing runs and all attempts are settled. False: something runs, or is about to.
    /// </summary>
    public bool TryEnd() => _slots.TryClose();

    /// <summary>From now on no prompt is begun. Completes when nothing runs any more.</summary>
    public async Task EndAsync()
    {
        _slots.Close();
        while (_slots.Remaining is { Count: > 0 } remaining)
            await Task.WhenAll(remaining);
    }

    /// <summary>A backend's state has changed, so that prompts that waited for it may run now. Safe for many threads.</summary>
    public void OnBackendsChanged()
    {
        _snapshots.OnBackendsChanged();
        _signal.Raise();
    }

    /// <summary>How long until prompts are to be looked at again, since one may be handed back for another; null: not for that.</summary>
    public TimeSpan? UntilPreemption => _preemptor.UntilDue;

    /// <summary>Runs what there is room for, and returns how the queue is then. What runs raises the signal as it ends.</summary>
    /// <param name="stop">Gives up.</param>
    public async Task<FillResult> FillAsync(CancellationToken stop)
    {
        try
        {
            var isPreemptionDue = _preemptor.TryTakeDue();
            while (true)
            {
                var (free, prefetchable) = _slots.Room;
                var room = free + prefetchable;
                if (room == 0 && !_snapshots.IsDueWhenFull && !isPreemptionDue)
                {
                    // A prompt may have been queued since, so the next slot that closes must raise the signal.
                    _snapshots.Invalidate();
                    if (_slots.Room is (0, 0))
                        return FillResult.Full;
                    continue;
                }
                var isGood = room > 0 && _snapshots.IsGoodFor(free, prefetchable);
                var snapshot = isGood ? _snapshots.Current : await LookAsync(room, stop);
                var assignments = Decide(snapshot);
                _snapshots.Take(assignments);
                if (assignments.Count == 0 && isGood)
                {
                    _snapshots.Clear(); // The cached snapshot was stale: a new one is read.
                    continue;
                }
                if (assignments.Count == 0 && room > 0 && _snapshots.CanGoFurther)
                    continue;
                if (assignments.Count == 0)
                {
                    _preemptor.Look(snapshot.Prompts, (running, urgent) => _slots.ChooseToHandBack(snapshot, running, urgent));
                    return snapshot.Pending == 0 ? FillResult.Empty : room == 0 ? FillResult.Full : FillResult.Waiting;
                }
                if (!await StartAsync(assignments, stop))
                {
                    _snapshots.Clear();
                    if (isGood)
                        continue; // The cached snapshot was stale: a new one is read.
                    return FillResult.Full;
                }
                // A prompt that is queued from now on raises the signal.
                if (assignments.Count == snapshot.Pending)
                    return FillResult.Empty;
            }
        }
        catch (StoreException exception)
        {
            _logger.ClaimFailed(exception.Message);
            return FillResult.Waiting;
        }
    }

    /// <inheritdoc/>
    public ISlotReservation? TryReserve(NewPrompt prompt) => _slots.TryReserve(prompt);

    /// <summary>Whether prompts that come after a queued one have been run before it, as of the last decision.</summary>
    /// <param name="model">The canonical name of its model.</param>
    /// <param name="prompt">The prompt.</param>
    public bool IsOvertaken(string model, Prompt prompt) => _slots.IsOvertaken(model, prompt);

    /// <summary>How many prompts this process runs at a backend.</summary>
    public int CountRunningAt(string backend) => _activeLeases.RunningAt(backend).Total;

    private Task<QueueSnapshot> LookAsync(int room, CancellationToken stop)
    {
        var (models, loaded) = _slots.ModelsWithRoom();
        return _snapshots.LookAsync(room, models, loaded, stop);
    }

    private IReadOnlyList<Assignment> Decide(QueueSnapshot snapshot)
    {
        var schedule = _slots.Decide(snapshot);
        _snapshots.RecordStuck(schedule.Stuck);
        if (schedule.NeedsModels)
            _backends.RefreshSoon();
        return schedule.Assignments;
    }

    /// <summary>Claims and starts prompts, and returns whether any could be.</summary>
    private async Task<bool> StartAsync(IReadOnlyList<Assignment> assignments, CancellationToken stop)
    {
        var any = false;
        var endedBefore = _refused.EndedLeases;
        foreach (var (reservation, claim) in _slots.Reserve(assignments)
            .Select(reservation => (reservation, ClaimAsync(reservation, stop))).ToList())
        {
            await using (reservation)
            {
                if (await claim is not { } prompt)
                {
                    if (_refused.Record(endedBefore))
                        _signal.RaiseForRoom();
                    continue;
                }
                any = true;
                reservation.Run(prompt);
            }
        }
        return any;
    }

    private async Task<ClaimedPrompt?> ClaimAsync(SlotReservation reservation, CancellationToken stop)
    {
        try
        {
            return await _store.ClaimAsync(reservation.Assignment.Prompt.Seq, reservation.Terms, stop);
        }
        catch (StoreException exception)
        {
            _logger.ClaimFailed(exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            // A row that cannot be read: it must not keep other prompts from their slots.
            _logger.ClaimBroke(new(exception), reservation.Assignment.Prompt.Seq);
            return null;
        }
    }
}
