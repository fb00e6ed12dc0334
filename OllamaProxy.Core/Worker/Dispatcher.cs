using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Brings queued prompts to backends that have room for them, as the <see cref="Scheduler"/> decides. Used by one drain at a time.</summary>
public sealed class Dispatcher
{
    /// <summary>How many prompts of a model are looked at for one decision.</summary>
    private const int MaxPerModel = 64;

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
    private readonly Claims _claims = new();
    private readonly List<Slot> _slots = [];
    private readonly List<Task> _running = [];
    private readonly HashSet<Backend> _quick = [];
    private int _open;
    private ImmutableDictionary<string, Overtaken> _overtaken = ImmutableDictionary<string, Overtaken>.Empty;

    /// <summary>Runs nothing yet.</summary>
    public Dispatcher(
        IPromptStore store, Backends backends, PromptRunner runner, QueueSignal signal, WorkerIdentity identity, OllamaProxyOptions options, TimeProvider time, ILogger<Dispatcher> logger)
    {
        (_store, _backends, _runner, _signal, _identity, _options, _time, _logger) = (store, backends, runner, signal, identity, options, time, logger);
        _scheduler = new(options.GroupingWindow, options.WaitForModel, options.Model);
        _patience = options.LeaseLength / 3 < Slot.Quick ? options.LeaseLength / 3 : Slot.Quick;
    }

    /// <summary>Whether nothing runs, and all is settled that has.</summary>
    public bool IsIdle => Volatile.Read(ref _open) == 0;

    /// <summary>Runs what there is room for, and returns whether the queue is empty then. What runs raises the signal as it ends.</summary>
    /// <param name="stop">Hands back what runs, and ends it early.</param>
    public async Task<bool> FillAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                Tidy();
                var room = Math.Clamp(_backends.All.Sum(backend => RoomAt(backend, 0)), 1, MaxPerModel);
                var offer = await _store.OfferAsync(room, _identity.Token, stop);
                var others = offer.Running.Where(lease => !_claims.Holds(lease.Token)).ToLookup(lease => lease.Backend);
                var schedule = _scheduler.Decide(offer.Prompts, [.. _backends.All.Select(backend => LoadOf(backend, others[backend.Name]))], _overtaken, _time.GetUtcNow());
                _overtaken = schedule.Overtaken;
                if (schedule.NeedsModels)
                    _backends.RefreshSoon();
                if (schedule.Assignments.Count == 0)
                    return offer.Queued == 0;
                if (!await StartAsync(schedule.Assignments, others, stop))
                    return false;
            }
        }
        catch (StoreException exception)
        {
            _logger.ClaimFailed(exception.Message);
            return false;
        }
    }

    /// <summary>Completes when nothing runs any more.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_running);

    private void Tidy()
    {
        foreach (var slot in _slots.FindAll(slot => slot.IsClosed))
        {
            if (slot.WasQuick)
                _quick.Add(slot.Backend);
            else
                _quick.Remove(slot.Backend);
            _slots.Remove(slot);
        }
        _running.RemoveAll(task => task.IsCompleted);
        _claims.ForgetSettled();
    }

    /// <summary>How many prompts a backend can be given: into free slots, and to follow what is quick.</summary>
    private int RoomAt(Backend backend, int takenByOthers)
    {
        var slots = _slots.FindAll(slot => slot.Backend == backend);
        return Math.Max(backend.State.Concurrency - slots.Count - takenByOthers, 0) + slots.Count(slot => slot.WantsFollower);
    }

    private BackendLoad LoadOf(Backend backend, IEnumerable<RunningLease> others) => new(
        backend.State,
        RoomAt(backend, SlotsOf(others)),
        [.. _claims.RunningAt(backend.Name), .. others.Select(lease => ModelName.Canonical(lease.Model ?? _options.Model))]);

    private static int SlotsOf(IEnumerable<RunningLease> leases) => leases.DistinctBy(lease => lease.Slot).Count();

    /// <summary>Claims and starts prompts, and returns whether any could be.</summary>
    private async Task<bool> StartAsync(IReadOnlyList<Assignment> assignments, ILookup<string, RunningLease> others, CancellationToken stop)
    {
        var free = _backends.All.ToDictionary(
            backend => backend.Name, backend => backend.State.Concurrency - _slots.Count(slot => slot.Backend == backend) - SlotsOf(others[backend.Name]));
        var places = new List<(Assignment Assignment, Slot? Ahead, Lease? After, Task<ClaimedPrompt?> Claim)>();
        foreach (var assignment in assignments)
        {
            var ahead = !assignment.NeedsSlot || free[assignment.Backend]-- > 0 ? null
                : _slots.Find(slot => slot.Backend.Name == assignment.Backend && slot.WantsFollower);
            var after = ahead is not null ? ahead.TryReserve() : assignment.NeedsSlot ? _claims.TakeEnded(assignment.Backend) : null;
            places.Add((assignment, ahead, after, ClaimAsync(assignment, after, stop)));
        }

        var any = false;
        foreach (var (assignment, ahead, after, claim) in places)
        {
            if (await claim is not { } prompt)
            {
                ahead?.GiveUp();
                continue;
            }
            any = true;
            _claims.Add(prompt.Lease, assignment.Backend, assignment.Model);
            if (ahead?.TryFollow(prompt) is true)
                ahead.Backend.NoteStarted(assignment.Model);
            else
                Open(assignment, prompt, isNext: after is not null, stop);
        }
        return any;
    }

    /// <param name="assignment">What is run, and where.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="isNext">Whether another has just been run in its place: if that was quick, this probably is.</param>
    /// <param name="stop">Hands back what runs, and ends it early.</param>
    private void Open(Assignment assignment, ClaimedPrompt prompt, bool isNext, CancellationToken stop)
    {
        var backend = _backends.Named(assignment.Backend);
        var slot = new Slot(backend, _runner, _claims, _signal, _patience, _time);
        if (assignment.NeedsSlot)
        {
            backend.NoteStarted(assignment.Model);
            _slots.Add(slot);
        }
        Interlocked.Increment(ref _open);
        _running.Add(RunAsync());

        async Task RunAsync()
        {
            await slot.RunAsync(prompt, isNext && _quick.Contains(backend), stop);
            Interlocked.Decrement(ref _open);
            _signal.Raise();
        }
    }

    private async Task<ClaimedPrompt?> ClaimAsync(Assignment assignment, Lease? after, CancellationToken stop)
    {
        var concurrency = assignment.NeedsSlot ? _backends.Named(assignment.Backend).State.Concurrency : int.MaxValue;
        try
        {
            return await _store.ClaimAsync(
                assignment.Prompt.Seq, new(concurrency, _options.LeaseLength, _options.MaxAttempts, assignment.Backend) { After = after }, stop);
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
    }
}
