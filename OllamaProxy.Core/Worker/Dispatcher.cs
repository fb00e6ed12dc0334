using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// Brings prompts to backends that have room for them, as the <see cref="Scheduler"/> decides: those that are queued and, where
/// none is, those that are being submitted. One drain at a time uses it; prompts are submitted by many threads.
/// </summary>
public sealed class Dispatcher : IPromptTaker
{
    private readonly IPromptStore _store;
    private readonly Backends _backends;
    private readonly PromptRunner _runner;
    private readonly QueueSignal _signal;
    private readonly WorkerIdentity _identity;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Dispatcher> _logger;
    private readonly Scheduler _scheduler;
    private readonly TimeSpan _patience;
    private readonly OfferCache _offers;
    private readonly Claims _claims = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<string, BackendSlots> _slots;
    private readonly HashSet<Place> _reserved = [];
    private readonly Dictionary<Place, Task> _running = [];
    private CancellationToken? _stop;
    private ExecutionContext? _context;
    private volatile bool _wasRefused;
    private ImmutableDictionary<string, Overtaken> _overtaken = ImmutableDictionary<string, Overtaken>.Empty;

    /// <summary>Runs nothing yet.</summary>
    public Dispatcher(
        IPromptStore store, Backends backends, PromptRunner runner, QueueSignal signal, WorkerIdentity identity, OllamaProxyOptions options, TimeProvider time, ILogger<Dispatcher> logger)
    {
        (_store, _backends, _runner, _signal, _identity, _options, _time, _logger) = (store, backends, runner, signal, identity, options, time, logger);
        _slots = backends.All.ToDictionary(backend => backend.Name, backend => new BackendSlots(backend));
        _scheduler = new(options.GroupingWindow, options.WaitForModel, options.Model);
        _offers = new(store, signal, identity, options.PollInterval, time);
        _patience = options.LeaseLength / 3 < Slot.Quick ? options.LeaseLength / 3 : Slot.Quick;
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
        _offers.OnBackendsChanged();
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
    public async Task<QueueLook> FillAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var (free, followers) = Room();
                var room = free + followers;
                if (room == 0 && !_offers.IsDueWhenFull)
                {
                    // Something may have been queued since: the next slot that closes is to be told of.
                    _offers.NoteUnseen();
                    if (Room() is (0, 0))
                        return QueueLook.Full;
                    continue;
                }
                var isGood = _offers.IsGoodFor(free, followers);
                var offer = isGood ? _offers.Current : await LookAsync(room, stop);
                var assignments = Decide(offer);
                _offers.Take(assignments);
                if (assignments.Count == 0 && isGood)
                {
                    _offers.Forget(); // It was not as good as that.
                    continue;
                }
                if (assignments.Count == 0 && room > 0 && _offers.CanGoFurther)
                    continue;
                if (assignments.Count == 0)
                    return offer.Queued == 0 ? QueueLook.Empty : room == 0 ? QueueLook.Full : QueueLook.Waiting;
                if (!await StartAsync(assignments, stop))
                {
                    _offers.Forget();
                    if (isGood)
                        continue; // It was not as good as that.
                    return QueueLook.Full;
                }
                // What comes from now on raises the signal.
                if (assignments.Count == offer.Queued)
                    return QueueLook.Empty;
            }
        }
        catch (StoreException exception)
        {
            _logger.ClaimFailed(exception.Message);
            return QueueLook.Waiting;
        }
    }

    /// <inheritdoc/>
    public IReservedPlace? TryReserve(NewPrompt prompt)
    {
        lock (_lock)
        {
            if (_stop is not { IsCancellationRequested: false } stop)
                return null;
            var queued = new QueuedPrompt(0, prompt.Model, 0, prompt.Priority, _time.GetUtcNow());
            var loads = _slots.Values.Select(slots => LoadOf(slots, slots.Free)).ToList();
            if (_scheduler.Decide([queued], loads, _overtaken, _time.GetUtcNow()).Assignments is not [{ IsRefused: false } assignment])
                return null;
            return Keep(new(this, assignment, TermsOf(assignment, _claims.TakeEnded(assignment.Backend)), stop));
        }
    }

    /// <summary>Whether prompts that come after a queued one have been run before it, as of the last decision.</summary>
    /// <param name="model">The canonical name of its model.</param>
    /// <param name="prompt">The prompt.</param>
    public bool IsOvertaken(string model, Prompt prompt) =>
        Volatile.Read(ref _overtaken).GetValueOrDefault(model)?.Since((prompt.Rank, prompt.Seq)) is not null;

    private List<Task> Remaining()
    {
        lock (_lock)
            return [.. _running.Values, .. _reserved.Select(place => place.Done)];
    }

    /// <summary>How many prompts could be begun, as far as this process knows: in free slots, and to follow what is quick.</summary>
    private (int Free, int Followers) Room()
    {
        lock (_lock)
            return (_slots.Values.Sum(slots => slots.Free), _slots.Values.Sum(slots => slots.Followers));
    }

    private Task<QueueOffer> LookAsync(int room, CancellationToken stop)
    {
        // Of a backend of which nobody knows what it has, it may have any model: what comes first will do.
        var (models, loaded) = (new List<IReadOnlySet<string>>(), new HashSet<string>());
        lock (_lock)
        {
            foreach (var slots in _slots.Values.Where(slots => slots.Free + slots.Followers > 0))
            {
                if (slots.Backend.State is not { IsAvailable: true } state)
                    continue;
                foreach (var known in new[] { state.Only ?? state.Listed, state.Ran })
                    if (known is { Count: > 0 })
                        models.Add(known);
                loaded.UnionWith(state.Loaded);
                loaded.UnionWith(_claims.RunningAt(state.Name).Counts.Keys);
            }
        }
        return _offers.LookAsync(room, models, loaded, stop);
    }

    private IReadOnlyList<Assignment> Decide(QueueOffer offer)
    {
        lock (_lock)
        {
            var elsewhere = offer.Running.Where(lease => lease.Worker != _identity.Token).ToLookup(lease => lease.Backend);
            foreach (var (backend, slots) in _slots)
            {
                slots.TakenByOthers = elsewhere[backend].DistinctBy(lease => lease.Slot).Count();
                slots.RunByOthers = RunningModels.Of(elsewhere[backend].Select(lease => ModelName.Canonical(lease.Model ?? _options.Model)));
            }
            var schedule = _scheduler.Decide(
                offer.Prompts, [.. _slots.Values.Select(slots => LoadOf(slots, slots.Free + slots.Followers))], _overtaken, _time.GetUtcNow(), offer.IsPartial);
            _overtaken = schedule.Overtaken;
            _offers.NoteStuck(schedule.Stuck);
            if (schedule.NeedsModels)
                _backends.RefreshSoon();
            return schedule.Assignments;
        }
    }

    private BackendLoad LoadOf(BackendSlots slots, int room) =>
        new(slots.Backend.State, room, _claims.RunningAt(slots.Backend.Name).With(slots.RunByOthers));

    /// <summary>Claims and starts prompts, and returns whether any could be.</summary>
    private async Task<bool> StartAsync(IReadOnlyList<Assignment> assignments, CancellationToken stop)
    {
        var any = false;
        foreach (var (place, claim) in Reserve(assignments).Select(place => (place, ClaimAsync(place, stop))).ToList())
        {
            using (place)
            {
                if (await claim is not { } prompt)
                {
                    _wasRefused = true;
                    continue;
                }
                any = true;
                place.Run(prompt);
            }
        }
        return any;
    }

    private List<Place> Reserve(IReadOnlyList<Assignment> assignments)
    {
        lock (_lock)
            return [.. assignments.Select(Reserve)];
    }

    private Place Reserve(Assignment assignment)
    {
        var slots = _slots[assignment.Backend];
        var stop = _stop ?? new(canceled: true);
        if (assignment.IsRefused)
            return new(this, assignment, TermsOf(assignment, null), stop);
        if (slots.Free == 0 && slots.Open.FirstOrDefault(slot => slot.WantsFollower) is { } ahead)
        {
            return new(this, assignment, TermsOf(assignment, ahead.TryReserve()), stop) { Ahead = ahead };
        }
        return Keep(new Place(this, assignment, TermsOf(assignment, _claims.TakeEnded(assignment.Backend)), stop));
    }

    private Place Keep(Place place)
    {
        _slots[place.Assignment.Backend].Reserved++;
        _reserved.Add(place);
        return place;
    }

    private void Unreserve(Place place)
    {
        if (_reserved.Remove(place))
            _slots[place.Assignment.Backend].Reserved--;
    }

    private ClaimTerms TermsOf(Assignment assignment, Lease? after) => new(
        _backends.Named(assignment.Backend).Concurrency, _options.LeaseLength, _options.MaxAttempts, assignment.Backend)
    {
        After = after,
        TakesSlot = !assignment.IsRefused,
        Worker = _identity.Token,
    };

    private async Task<ClaimedPrompt?> ClaimAsync(Place place, CancellationToken stop)
    {
        try
        {
            return await _store.ClaimAsync(place.Assignment.Prompt.Seq, place.Terms, stop);
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
            _logger.ClaimBroke(new(exception), place.Assignment.Prompt.Seq);
            return null;
        }
    }

    private void Run(Place place, ClaimedPrompt prompt)
    {
        var (assignment, slots) = (place.Assignment, _slots[place.Assignment.Backend]);
        if (assignment.IsRefused)
        {
            Track(place, () => _runner.RefuseAsync(prompt));
            return;
        }
        _claims.Add(prompt.Lease, assignment.Backend, assignment.Model);
        slots.Backend.NoteStarted(assignment.Model);
        if (place.Ahead?.TryFollow(prompt) is true)
            return;

        var slot = new Slot(slots.Backend, _runner, _claims, NoteClosed, NoteRoom, NoteSettled, _patience, _time);
        bool quick;
        lock (_lock)
        {
            quick = place.Terms.After is not null && slots.IsQuick;
            Unreserve(place);
            slots.Open.Add(slot);
        }
        Track(place, () => slot.RunAsync(prompt, quick, place.Stop));
    }

    /// <summary>Starts what was claimed for a place, and holds on to it until it has ended.</summary>
    private void Track(Place place, Func<Task> run)
    {
        lock (_lock)
            _running[place] = Task.CompletedTask;
        var running = Task.CompletedTask;
        if (_context is { } context)
            ExecutionContext.Run(context, _ => running = RunAsync(), null);
        else
            running = RunAsync();
        lock (_lock)
            if (_running.ContainsKey(place))
                _running[place] = running;

        async Task RunAsync()
        {
            await run();
            bool isIdle;
            lock (_lock)
                isIdle = _running.Remove(place) && _running.Count == 0;
            if (isIdle)
                _signal.RaiseForRoom();
        }
    }

    private void NoteClosed(Slot slot)
    {
        lock (_lock)
        {
            _slots[slot.Backend.Name].Open.Remove(slot);
            _slots[slot.Backend.Name].IsQuick = slot.WasQuick;
        }
        NoteRoom();
    }

    /// <summary>While nothing is queued, nothing is to be done: what is submitted then raises the signal itself.</summary>
    private void NoteRoom()
    {
        if (!_offers.IsEmpty)
            _signal.RaiseForRoom();
    }

    /// <summary>What the store would not let be claimed may have waited for just this lease.</summary>
    private void NoteSettled()
    {
        if (!_wasRefused)
            return;
        _wasRefused = false;
        _signal.RaiseForRoom();
    }

    private void GiveBack(Place place)
    {
        place.Ahead?.GiveUp();
        lock (_lock)
            Unreserve(place);
    }

    /// <summary>Where a prompt will run.</summary>
    private sealed class Place(Dispatcher dispatcher, Assignment assignment, ClaimTerms terms, CancellationToken stop) : IReservedPlace
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _hasRun;

        public Assignment Assignment => assignment;

        public ClaimTerms Terms => terms;

        public CancellationToken Stop => stop;

        /// <summary>Completes when the prompt has been begun, or the place given back.</summary>
        public Task Done => _done.Task;

        /// <summary>The slot in which it follows what runs; null: it gets one of its own.</summary>
        public Slot? Ahead { get; init; }

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
