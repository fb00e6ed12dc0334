using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// Brings prompts to backends that have room for them, as the <see cref="Scheduler"/> decides: those that are queued and, where
/// none is, those that are being submitted. One drain at a time uses it; prompts are submitted by many threads.
/// </summary>
public sealed class Dispatcher : IDirectDispatch
{
    private readonly IWorkQueue _store;
    private readonly BackendPool _backends;
    private readonly PromptRunner _runner;
    private readonly QueueSignal _signal;
    private readonly WorkerIdentity _identity;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Dispatcher> _logger;
    private readonly Scheduler _scheduler;
    private readonly TimeSpan _patience;
    private readonly SnapshotCache _snapshots;
    private readonly ActiveLeases _activeLeases = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<string, BackendSlots> _slots;
    private readonly HashSet<SlotReservation> _reserved = [];
    private readonly Dictionary<SlotReservation, Task> _running = [];
    private CancellationToken? _stop;
    private ExecutionContext? _context;
    private volatile bool _wasRefused;
    private ImmutableDictionary<string, OvertakeHistory> _overtakeHistory = ImmutableDictionary<string, OvertakeHistory>.Empty;

    /// <summary>Runs nothing yet.</summary>
    public Dispatcher(
        IWorkQueue store, BackendPool backends, PromptRunner runner, QueueSignal signal, WorkerIdentity identity, OllamaProxyOptions options, TimeProvider time, ILogger<Dispatcher> logger)
    {
        (_store, _backends, _runner, _signal, _identity, _options, _time, _logger) = (store, backends, runner, signal, identity, options, time, logger);
        _slots = backends.All.ToDictionary(backend => backend.Name, backend => new BackendSlots(backend));
        _scheduler = new(options.GroupingWindow, options.WaitForModel, options.Model);
        _snapshots = new(store, signal, identity, options.PollInterval, time);
        _patience = options.LeaseLength / 3 < Slot.ShortRun ? options.LeaseLength / 3 : Slot.ShortRun;
    }

    /// <summary>From now on no prompt is begun, if nothing runs, and all is settled that has. False: something does, or is about to.</summary>
    public bool TryEnd()
    {
        lock (_lock)
        {
            if (_running.Count > 0 || _reserved.Count > 0)
                return false;
            _stop = null;
            return true;
        }
    }

    /// <summary>
    /// From now on prompts are run, in the execution context of whoever calls this: what a prompt logs and traces belongs to the drain,
    /// and not to the request that happened to submit it, which may be over long before.
    /// </summary>
    /// <param name="stop">Hands back what runs, and ends it early.</param>
    public void Begin(CancellationToken stop)
    {
        lock (_lock)
            (_stop, _context) = (stop, ExecutionContext.Capture());
    }

    /// <summary>The backends are not what they were: what waited for that is looked at. Safe for many threads.</summary>
    public void OnBackendsChanged()
    {
        _snapshots.OnBackendsChanged();
        _signal.Raise();
    }

    /// <summary>From now on no prompt is begun. Completes when nothing runs any more.</summary>
    public async Task EndAsync()
    {
        lock (_lock)
            _stop = null;
        while (Remaining() is { Count: > 0 } remaining)
            await Task.WhenAll(remaining);
    }

    /// <summary>Runs what there is room for, and returns how the queue is then. What runs raises the signal as it ends.</summary>
    /// <param name="stop">Gives up.</param>
    public async Task<FillResult> FillAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var (free, prefetchable) = Room();
                var room = free + prefetchable;
                if (room == 0 && !_snapshots.IsDueWhenFull)
                {
                    // Something may have been queued since: the next slot that closes is to be told of.
                    _snapshots.Invalidate();
                    if (Room() is (0, 0))
                        return FillResult.Full;
                    continue;
                }
                var isGood = _snapshots.IsGoodFor(free, prefetchable);
                var snapshot = isGood ? _snapshots.Current : await LookAsync(room, stop);
                var assignments = Decide(snapshot);
                _snapshots.Take(assignments);
                if (assignments.Count == 0 && isGood)
                {
                    _snapshots.Clear(); // It was not as good as that.
                    continue;
                }
                if (assignments.Count == 0 && room > 0 && _snapshots.CanGoFurther)
                    continue;
                if (assignments.Count == 0)
                    return snapshot.Queued == 0 ? FillResult.Empty : room == 0 ? FillResult.Full : FillResult.Waiting;
                if (!await StartAsync(assignments, stop))
                {
                    _snapshots.Clear();
                    if (isGood)
                        continue; // It was not as good as that.
                    return FillResult.Full;
                }
                // What comes from now on raises the signal.
                if (assignments.Count == snapshot.Queued)
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
    public ISlotReservation? TryReserve(NewPrompt prompt)
    {
        lock (_lock)
        {
            if (_stop is not { IsCancellationRequested: false } stop)
                return null;
            var queued = new QueuedPrompt(0, prompt.Model, 0, prompt.Priority, _time.GetUtcNow());
            var loads = _slots.Values.Select(slots => LoadOf(slots, slots.Free)).ToList();
            if (_scheduler.Decide([queued], loads, _overtakeHistory, _time.GetUtcNow()).Assignments is not [{ IsRefused: false } assignment])
                return null;
            return Keep(new(this, assignment, TermsOf(assignment, _activeLeases.TryReuseFinished(assignment.Backend)), stop));
        }
    }

    /// <summary>Whether prompts that come after a queued one have been run before it, as of the last decision.</summary>
    /// <param name="model">The canonical name of its model.</param>
    /// <param name="prompt">The prompt.</param>
    public bool IsOvertaken(string model, Prompt prompt) =>
        Volatile.Read(ref _overtakeHistory).GetValueOrDefault(model)?.FirstOvertakenAt((prompt.Rank, prompt.Seq)) is not null;

    private List<Task> Remaining()
    {
        lock (_lock)
            return [.. _running.Values, .. _reserved.Select(reservation => reservation.Done)];
    }

    /// <summary>How many prompts could be begun, as far as this process knows: in free slots, and to follow what is quick.</summary>
    private (int Free, int Prefetchable) Room()
    {
        lock (_lock)
            return (_slots.Values.Sum(slots => slots.Free), _slots.Values.Sum(slots => slots.Prefetchable));
    }

    private Task<QueueSnapshot> LookAsync(int room, CancellationToken stop)
    {
        // Of a backend of which nobody knows what it has, it may have any model: what comes first will do.
        var (models, loaded) = (new List<IReadOnlySet<string>>(), new HashSet<string>());
        lock (_lock)
        {
            foreach (var slots in _slots.Values.Where(slots => slots.Free + slots.Prefetchable > 0))
            {
                if (slots.Backend.State is not { IsAvailable: true } state)
                    continue;
                foreach (var known in new[] { state.AllowedModels ?? state.Listed, state.Ran })
                    if (known is { Count: > 0 })
                        models.Add(known);
                loaded.UnionWith(state.Loaded);
                loaded.UnionWith(_activeLeases.RunningAt(state.Name).Counts.Keys);
            }
        }
        return _snapshots.LookAsync(room, models, loaded, stop);
    }

    private IReadOnlyList<Assignment> Decide(QueueSnapshot snapshot)
    {
        lock (_lock)
        {
            var elsewhere = snapshot.Running.Where(lease => lease.Worker != _identity.Token).ToLookup(lease => lease.Backend);
            foreach (var (backend, slots) in _slots)
            {
                slots.TakenByOthers = elsewhere[backend].DistinctBy(lease => lease.Slot).Count();
                slots.RunByOthers = RunningModels.Of(elsewhere[backend].Select(lease => ModelName.Canonical(lease.Model ?? _options.Model)));
            }
            var schedule = _scheduler.Decide(
                snapshot.Prompts, [.. _slots.Values.Select(slots => LoadOf(slots, slots.Free + slots.Prefetchable))], _overtakeHistory, _time.GetUtcNow(), snapshot.IsPartial);
            _overtakeHistory = schedule.OvertakeHistory;
            _snapshots.RecordStuck(schedule.Stuck);
            if (schedule.NeedsModels)
                _backends.RefreshSoon();
            return schedule.Assignments;
        }
    }

    private BackendLoad LoadOf(BackendSlots slots, int room) =>
        new(slots.Backend.State, room, _activeLeases.RunningAt(slots.Backend.Name).With(slots.RunByOthers));

    /// <summary>Claims and starts prompts, and returns whether any could be.</summary>
    private async Task<bool> StartAsync(IReadOnlyList<Assignment> assignments, CancellationToken stop)
    {
        var any = false;
        foreach (var (reservation, claim) in Reserve(assignments).Select(reservation => (reservation, ClaimAsync(reservation, stop))).ToList())
        {
            using (reservation)
            {
                if (await claim is not { } prompt)
                {
                    _wasRefused = true;
                    continue;
                }
                any = true;
                reservation.Run(prompt);
            }
        }
        return any;
    }

    private List<SlotReservation> Reserve(IReadOnlyList<Assignment> assignments)
    {
        lock (_lock)
            return [.. assignments.Select(Reserve)];
    }

    private SlotReservation Reserve(Assignment assignment)
    {
        var slots = _slots[assignment.Backend];
        var stop = _stop ?? new(canceled: true);
        if (assignment.IsRefused)
            return new(this, assignment, TermsOf(assignment, null), stop);
        if (slots.Free == 0 && slots.Open.FirstOrDefault(slot => slot.CanPrefetch) is { } predecessor)
        {
            return new(this, assignment, TermsOf(assignment, predecessor.TryReserve()), stop) { Predecessor = predecessor };
        }
        return Keep(new SlotReservation(this, assignment, TermsOf(assignment, _activeLeases.TryReuseFinished(assignment.Backend)), stop));
    }

    private SlotReservation Keep(SlotReservation reservation)
    {
        _slots[reservation.Assignment.Backend].Reserved++;
        _reserved.Add(reservation);
        return reservation;
    }

    private void Unreserve(SlotReservation reservation)
    {
        if (_reserved.Remove(reservation))
            _slots[reservation.Assignment.Backend].Reserved--;
    }

    private ClaimTerms TermsOf(Assignment assignment, Lease? after) => new(
        _backends.Named(assignment.Backend).Concurrency, _options.LeaseLength, _options.MaxAttempts, assignment.Backend)
    {
        PredecessorLease = after,
        TakesSlot = !assignment.IsRefused,
        Worker = _identity.Token,
    };

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
            // A row that cannot be read: it must not keep the places of others.
            _logger.ClaimBroke(new(exception), reservation.Assignment.Prompt.Seq);
            return null;
        }
    }

    private void Run(SlotReservation reservation, ClaimedPrompt prompt)
    {
        var (assignment, slots) = (reservation.Assignment, _slots[reservation.Assignment.Backend]);
        if (assignment.IsRefused)
        {
            Track(reservation, () => _runner.RefuseAsync(prompt));
            return;
        }
        _activeLeases.Add(prompt.Lease, assignment.Backend, assignment.Model);
        slots.Backend.OnPromptStarted(assignment.Model);
        if (reservation.Predecessor?.TryPrefetch(prompt) is true)
            return;

        var slot = new Slot(slots.Backend, _runner, _activeLeases, OnSlotClosed, OnRoomAvailable, OnLeaseSettled, _patience, _time);
        bool isShortRunning;
        lock (_lock)
        {
            isShortRunning = reservation.Terms.PredecessorLease is not null && slots.IsShortRunning;
            Unreserve(reservation);
            slots.Open.Add(slot);
        }
        Track(reservation, () => slot.RunAsync(prompt, isShortRunning, reservation.Stop));
    }

    /// <summary>Starts what was claimed for a place, and holds on to it until it has ended.</summary>
    private void Track(SlotReservation reservation, Func<Task> run)
    {
        lock (_lock)
            _running[reservation] = Task.CompletedTask;
        var running = Task.CompletedTask;
        if (_context is { } context)
            ExecutionContext.Run(context, _ => running = RunAsync(), null);
        else
            running = RunAsync();
        lock (_lock)
            if (_running.ContainsKey(reservation))
                _running[reservation] = running;

        async Task RunAsync()
        {
            await run();
            bool isIdle;
            lock (_lock)
                isIdle = _running.Remove(reservation) && _running.Count == 0;
            if (isIdle)
                _signal.RaiseForRoom();
        }
    }

    private void OnSlotClosed(Slot slot)
    {
        lock (_lock)
        {
            _slots[slot.Backend.Name].Open.Remove(slot);
            _slots[slot.Backend.Name].IsShortRunning = slot.WasShortRunning;
        }
        OnRoomAvailable();
    }

    /// <summary>While nothing is queued, nothing is to be done: what is submitted then raises the signal itself.</summary>
    private void OnRoomAvailable()
    {
        if (!_snapshots.IsEmpty)
            _signal.RaiseForRoom();
    }

    /// <summary>What the store would not let be claimed may have waited for just this lease.</summary>
    private void OnLeaseSettled()
    {
        if (!_wasRefused)
            return;
        _wasRefused = false;
        _signal.RaiseForRoom();
    }

    private void GiveBack(SlotReservation reservation)
    {
        reservation.Predecessor?.CancelPrefetch();
        lock (_lock)
            Unreserve(reservation);
    }

    /// <summary>Where a prompt will run.</summary>
    private sealed class SlotReservation(Dispatcher dispatcher, Assignment assignment, ClaimTerms terms, CancellationToken stop) : ISlotReservation
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _hasRun;

        public Assignment Assignment => assignment;

        public ClaimTerms Terms => terms;

        public CancellationToken Stop => stop;

        /// <summary>Completes when the prompt has been begun, or the place given back.</summary>
        public Task Done => _done.Task;

        /// <summary>The slot in which it follows what runs; null: it gets one of its own.</summary>
        public Slot? Predecessor { get; init; }

        public void Run(ClaimedPrompt prompt)
        {
            _hasRun = true;
            dispatcher.Run(this, prompt);
            _done.SetResult();
        }

        public void Dispose()
        {
            if (_hasRun)
                return;
            dispatcher.GiveBack(this);
            _done.TrySetResult();
        }
    }
}
