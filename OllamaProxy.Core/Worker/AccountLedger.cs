using System.Collections.Immutable;
using OllamaProxy.Access;
using OllamaProxy.Configuration;
using OllamaProxy.Scheduling;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// Keeps the <see cref="TokenCounters"/> of this process: charges what is claimed, and corrects it when the attempt has ended. Each process
/// counts what it serves itself. It also knows how many prompts of each owner run, anywhere. Safe for many threads.
/// </summary>
public sealed class AccountLedger(
    IPromptReader reader, AccountShares shares, WorkerIdentity identity, OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>How far back the counters are computed from what was served.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, TokenCharge> _charges = [];
    private TokenCounters _counters = new(shares.WeightOf);
    private IReadOnlyList<ServedPrompt>? _served;
    private bool _isRestored;

    /// <summary>How many prompts of each owner are claimed or run in this process, and in others as of the last decision.</summary>
    private readonly Dictionary<string, int> _running = [];
    private ILookup<string, RunningLease> _elsewhere = Array.Empty<RunningLease>().ToLookup(_ => "");

    /// <summary>The counters now.</summary>
    public TokenCounters Counters => Volatile.Read(ref _counters);

    /// <summary>
    /// Reads what was served before this process was started, unless that has been done. The next decision begins with that.
    /// </summary>
    public async Task TryRestoreAsync(CancellationToken cancellationToken)
    {
        if (_isRestored)
            return;
        try
        {
            var served = await reader.ReadServedAsync(time.GetUtcNow() - Memory, cancellationToken);
            lock (_lock)
                (_served, _isRestored) = (served, true);
        }
        catch (StoreException)
        {
            // Nothing can be claimed then either; the next drain reads it.
        }
    }

    /// <summary>How many more prompts of each owner may be begun.</summary>
    public OwnerRoom Room
    {
        get
        {
            lock (_lock)
                return RoomNow();
        }
    }

    /// <summary>Has the scheduler decide which of the queued prompts are run.</summary>
    /// <param name="snapshot">The queue.</param>
    /// <param name="decide">Decides, with the counters.</param>
    public Schedule Decide(QueueSnapshot snapshot, Func<TokenCounters, OwnerRoom, Schedule> decide)
    {
        lock (_lock)
        {
            if (shares.MostRunning.Count > 0)
                _elsewhere = snapshot.Running.Where(lease => lease.Worker != identity.Token)
                    .ToLookup(lease => AccountShares.OwnerOf(lease.Account));
            if (_served is { } served)
                (_counters, _served) = (Replay(served, snapshot), null);
            var schedule = decide(_counters.KeepWaiting(snapshot.Accounts), RoomNow());
            // Where all that was queued is run, nobody waits, and the queue need not be looked at before somebody comes back.
            _counters = schedule.Assignments.Count == snapshot.Pending
                ? schedule.Counters.KeepWaiting([]) : schedule.Counters;
            return schedule;
        }
    }

    /// <summary>Has the scheduler decide about a prompt that is not queued: its account is not one of those that wait.</summary>
    public Schedule DecideDirectly(Func<TokenCounters, OwnerRoom, Schedule> decide)
    {
        lock (_lock)
        {
            var schedule = decide(_counters, RoomNow());
            _counters = schedule.Counters.WithWaitingOf(_counters);
            return schedule;
        }
    }

    /// <summary>Charges what a prompt is guessed to cost, as it is given a slot.</summary>
    public TokenCharge Charge(Assignment assignment)
    {
        lock (_lock)
        {
            _counters = _counters.Charge(assignment.Prompt.Account, assignment.Model, assignment.Backend, out var charge);
            Count(charge, 1);
            return charge;
        }
    }

    /// <summary>Keeps what was charged for a prompt that has been claimed, until <see cref="Settle"/>.</summary>
    public void OnClaimed(Lease lease, TokenCharge charge)
    {
        lock (_lock)
            _charges[lease.Token] = charge;
    }

    /// <summary>Forgets a prompt that was claimed too late to be run. <see cref="Refund"/> takes back what was charged.</summary>
    public void OnNotRun(Lease lease)
    {
        lock (_lock)
            _charges.Remove(lease.Token);
    }

    /// <summary>Takes back what was charged: the prompt was not run.</summary>
    public void Refund(TokenCharge charge)
    {
        lock (_lock)
        {
            _counters = _counters.Settle(charge, 0, isTypical: false);
            Count(charge, -1);
        }
    }

    /// <summary>Corrects what was charged for a claimed prompt.</summary>
    /// <param name="lease">Its lease.</param>
    /// <param name="cost">What it cost; see <see cref="TokenCost"/>. 0: it was not run.</param>
    /// <param name="isTypical">Whether it succeeded, so that the next prompt may cost as much.</param>
    public void Settle(Lease lease, double cost, bool isTypical)
    {
        lock (_lock)
        {
            if (!_charges.Remove(lease.Token, out var charge))
                return;
            _counters = _counters.Settle(charge, cost, isTypical);
            Count(charge, -1);
        }
    }

    private OwnerRoom RoomNow() => shares.MostRunning is { Count: > 0 } most
        ? new(most.ToImmutableDictionary(
            each => each.Key, each => each.Value - _running.GetValueOrDefault(each.Key) - _elsewhere[each.Key].Count()))
        : OwnerRoom.Unlimited;

    private void Count(TokenCharge charge, int more)
    {
        var owner = AccountShares.OwnerOf(charge.Account);
        if (_running.GetValueOrDefault(owner) + more is > 0 and var running)
            _running[owner] = running;
        else
            _running.Remove(owner);
    }

    private TokenCounters Replay(IReadOnlyList<ServedPrompt> served, QueueSnapshot snapshot) => CounterReplay.Replay(
        _counters, served,
        snapshot.Prompts.GroupBy(prompt => prompt.Account, (account, prompts) => (account, prompts.Min(prompt => prompt.CreatedAt))),
        options.Model);
}
