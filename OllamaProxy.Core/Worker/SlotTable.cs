using OllamaProxy.Configuration;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

/// <summary>
/// The slots of all backends, as far as this process knows: those that it has reserved or runs prompts in, and those that other processes
/// have taken. It has the <see cref="Scheduler"/> decide under the same lock, so that no slot is given away twice. Safe for many threads.
/// </summary>
internal sealed partial class SlotTable
{
    private readonly BackendPool _backends;
    private readonly WorkerIdentity _identity;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly Scheduler _scheduler;
    private readonly ActiveLeases _activeLeases;
    private readonly QueuePauses _pauses;
    private readonly AccountLedger _accounts;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, BackendSlots> _slots;
    private readonly HashSet<SlotReservation> _reserved = [];
    private readonly Dictionary<SlotReservation, Task> _running = [];
    private CancellationToken? _stop;
    private OvertakeHistories _overtakeHistory = OvertakeHistories.None;

    /// <summary>All slots are free, and none is given away before <see cref="Open(CancellationToken)"/>.</summary>
    public SlotTable(BackendPool backends, ActiveLeases activeLeases, QueuePauses pauses, AccountLedger accounts, WorkerIdentity identity,
        OllamaProxyOptions options, TimeProvider time)
    {
        (_backends, _activeLeases, _pauses, _accounts) = (backends, activeLeases, pauses, accounts);
        (_identity, _options, _time) = (identity, options, time);
        _slots = backends.All.ToDictionary(backend => backend.Name, backend => new BackendSlots(backend));
        _scheduler = new(options.GroupingWindow, options.WaitForModel, options.Model)
        {
            FairnessWindow = options.FairnessWindow,
            BulkHours = options.BulkHours,
        };
    }

    /// <summary>Runs a prompt that was claimed for a reservation. False: it may not be run any more.</summary>
    public required Func<SlotReservation, ClaimedPrompt, bool> Run { get; init; }

    /// <summary>A call that can begin early, for a prompt that is being submitted; null: it must not.</summary>
    public required Func<Assignment, EarlyCall?> EarlyCallAt { get; init; }

    /// <summary>
    /// How many prompts could be begun, as far as this process knows: in free slots, and claimed ahead behind short ones.
    /// </summary>
    public (int Free, int Prefetchable) Room
    {
        get
        {
            lock (_lock)
                return (_slots.Values.Sum(slots => slots.Free), _slots.Values.Sum(slots => slots.Prefetchable));
        }
    }

    /// <summary>What runs in the slots; and of what is reserved, what is still being claimed.</summary>
    public IReadOnlyList<Task> Remaining
    {
        get
        {
            lock (_lock)
                return [.. _running.Values, .. _reserved.Select(reservation => reservation.Done)];
        }
    }

    /// <summary>From now on slots are given away.</summary>
    /// <param name="stop">Hands back what runs in them, and ends it early.</param>
    public void Open(CancellationToken stop)
    {
        lock (_lock)
            _stop = stop;
    }

    /// <summary>From now on no slot is given away.</summary>
    public void Close()
    {
        lock (_lock)
            _stop = null;
    }

    /// <summary>As <see cref="Close"/>, unless a slot is reserved or runs a prompt: then false.</summary>
    public bool TryClose()
    {
        lock (_lock)
        {
            if (_running.Count > 0 || _reserved.Count > 0)
                return false;
            _stop = null;
            return true;
        }
    }

    /// <summary>The models of the backends that have room, one set a backend, and what of them is loaded.</summary>
    public (IReadOnlyList<IReadOnlySet<string>> Known, IReadOnlySet<LoadKey> Loaded) ModelsWithRoom()
    {
        // A backend whose models are unknown may have any model, so it gets the prompt that is first in the queue.
        var (models, loaded) = (new List<IReadOnlySet<string>>(), new HashSet<LoadKey>());
        lock (_lock)
        {
            foreach (var slots in _slots.Values.Where(slots => slots.Free + slots.Prefetchable > 0))
            {
                if (slots.Backend.State is not { IsAvailable: true } state)
                    continue;
                foreach (var known in new[] { state.AllowedModels ?? state.Listed, state.Ran })
                    if (known is { Count: > 0 })
                        models.Add(known);
                loaded.UnionWith(state.LoadedKeys);
                loaded.UnionWith(_activeLeases.RunningAt(state.Name).Counts.Keys);
            }
        }
        return (models, loaded);
    }

    /// <summary>Decides which of the queued prompts go where.</summary>
    public Schedule Decide(QueueSnapshot snapshot)
    {
        lock (_lock)
        {
            var elsewhere = snapshot.Running.Where(lease => lease.Worker != _identity.Token).ToLookup(lease => lease.Backend);
            foreach (var (backend, slots) in _slots)
                slots.SetOthers([.. elsewhere[backend]], _options.Model);
            var pauses = _pauses.Current;
            if (pauses.IsQueuePaused)
                return new([], _overtakeHistory, [], NeedsModels: false);
            var loads = _slots.Values.Select(slots => LoadOf(slots, slots.Free + slots.Prefetchable, pauses)).ToList();
            var prompts = pauses.Models.Count == 0 ? snapshot.Prompts
                : snapshot.Prompts.Where(prompt => !pauses.Models.Contains(_scheduler.ModelOf(prompt)));
            var schedule = _accounts.Decide(snapshot, (counters, owners) =>
                _scheduler.Decide(prompts, loads, _overtakeHistory, _time.GetUtcNow(), snapshot.IsPartial, counters, owners));
            _overtakeHistory = schedule.OvertakeHistory;
            return pauses.Models.Count == 0 ? schedule : schedule with { Stuck = [.. schedule.Stuck, .. pauses.Models] };
        }
    }

    /// <summary>Reserves a slot for a prompt that is being submitted; null: none is free for it.</summary>
    public SlotReservation? TryReserve(NewPrompt prompt)
    {
        lock (_lock)
        {
            if (_stop is not { IsCancellationRequested: false })
                return null;
            var now = _time.GetUtcNow();
            var queued = new QueuedPrompt(0, prompt.Model, QueueRank.Of(now, prompt.Priority, _options.AgeingStep), prompt.Priority, now)
            {
                LoadOptions = prompt.LoadOptions,
                Account = prompt.Account ?? "",
            };
            var pauses = _pauses.Current;
            if (pauses.IsQueuePaused || pauses.Models.Contains(_scheduler.ModelOf(queued)))
                return null;
            var loads = _slots.Values.Select(slots => LoadOf(slots, slots.Free, pauses)).ToList();
            return _accounts.DecideDirectly((counters, owners) =>
                _scheduler.Decide([queued], loads, _overtakeHistory, now, counters: counters, room: owners))
                .Assignments is [{ IsRefused: false } assignment] ? Keep(assignment, EarlyCallAt(assignment)) : null;
        }
    }

    /// <summary>
    /// Reserves slots for prompts as it was decided; not for ordinary ones whose slots were given to prompts that were submitted meanwhile.
    /// </summary>
    public IReadOnlyList<SlotReservation> Reserve(IReadOnlyList<Assignment> assignments)
    {
        lock (_lock)
            return [.. assignments.Where(IsAllowed).Select(Reserve)];
    }

    /// <summary>Uses a reservation for a slot that opens.</summary>
    /// <returns>Whether prompts have been short lately at its backend, so that the next can be claimed ahead.</returns>
    public bool Use(SlotReservation reservation, Slot slot)
    {
        lock (_lock)
        {
            var slots = _slots[reservation.Assignment.Backend];
            OnStarted(reservation);
            Unreserve(reservation);
            slots.Open.Add(slot);
            return reservation.Terms.PredecessorLease is not null && slots.IsShortRunning;
        }
    }

    /// <summary>Takes a slot back that has closed.</summary>
    public void OnClosed(Slot slot)
    {
        lock (_lock)
        {
            _slots[slot.Backend.Name].Open.Remove(slot);
            _slots[slot.Backend.Name].IsShortRunning = slot.WasShortRunning;
        }
    }

    /// <summary>What was claimed for a reservation begins: until <see cref="OnEnded"/> it is among what remains.</summary>
    public void OnStarted(SlotReservation reservation)
    {
        lock (_lock)
            _running.TryAdd(reservation, Task.CompletedTask);
    }

    /// <summary>What was begun runs in this task, unless it has ended already.</summary>
    public void OnRunning(SlotReservation reservation, Task running)
    {
        lock (_lock)
            if (_running.ContainsKey(reservation))
                _running[reservation] = running;
    }

    /// <summary>What was begun has ended; returns whether nothing runs any more.</summary>
    public bool OnEnded(SlotReservation reservation)
    {
        lock (_lock)
            return _running.Remove(reservation) && _running.Count == 0;
    }

    /// <summary>Whether prompts that come after a queued one have been run before it, as of the last decision.</summary>
    public bool IsOvertaken(string model, Prompt prompt) => Volatile.Read(ref _overtakeHistory)
        .Find(new(prompt.Account ?? "", new(model, prompt.LoadOptions)))
        ?.FirstOvertakenAt((prompt.Rank, prompt.Seq)) is not null;

    private BackendLoad LoadOf(BackendSlots slots, int room, PauseState pauses) =>
        new(slots.Backend.State, pauses.Backends.Contains(slots.Backend.Name) ? 0 : room,
            _activeLeases.RunningAt(slots.Backend.Name).With(slots.RunByOthers))
        { Ordinary = slots.FreeOrdinary };
}
