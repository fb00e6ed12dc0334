using OllamaProxy.Ollama.Backends;
using OllamaProxy.Storage;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

/// <summary>
/// Runs prompts at a backend, one after the other. Ollama need not wait for the store in between: where prompts are as quick
/// as that, the next one is claimed and handed in while the last still runs. A slot closes when it has none to follow.
/// </summary>
/// <param name="backend">The backend.</param>
/// <param name="runner">Runs them.</param>
/// <param name="activeLeases">The leases that this process holds.</param>
/// <param name="closed">Called when the slot has closed.</param>
/// <param name="open">Called when a prompt that is to follow is welcome.</param>
/// <param name="leaseEnded">Called when a lease has ended.</param>
/// <param name="patience">For how long a follower waits at the most.</param>
/// <param name="time">The clock.</param>
internal sealed class Slot(Backend backend, PromptRunner runner, ActiveLeases activeLeases, Action<Slot> closed, Action open,
    Action leaseEnded, TimeSpan patience, TimeProvider time)
{
    /// <summary>Up to this a prompt is quick, and the next one is claimed ahead; for so long that one then waits at the most.</summary>
    public static readonly TimeSpan ShortRun = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan StoreRetryWait = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private ClaimedPrompt? _current;
    private ClaimedPrompt? _prefetched;
    private TaskCompletionSource? _prefetchedCame;
    private bool _isReserved;

    public Backend Backend => backend;

    /// <summary>Whether the prompt that opened it is an ordinary one; see <see cref="QueuedPrompt.IsOrdinary"/>.</summary>
    public bool IsOrdinary { get; init; }

    /// <summary>Whether the last prompt was quick.</summary>
    public bool WasShortRunning { get; private set; }

    /// <summary>Whether a prompt that is to follow is welcome.</summary>
    public bool CanPrefetch
    {
        get
        {
            lock (_lock)
                return _current is not null && _prefetchedCame is not null && !_isReserved;
        }
    }

    /// <summary>
    /// Reserves the place behind what runs, until <see cref="TryPrefetch"/> or <see cref="CancelPrefetch"/>, and returns the lease before;
    /// null: there is none any more.
    /// </summary>
    public Lease? TryReserve()
    {
        lock (_lock)
        {
            if (_current is null || _prefetchedCame is null || _isReserved)
                return null;
            _isReserved = true;
            return _current.Lease;
        }
    }

    /// <summary>Hands in the prompt for the reserved place. False: the slot has closed, or what ran has ended, meanwhile.</summary>
    public bool TryPrefetch(ClaimedPrompt prefetched)
    {
        lock (_lock)
        {
            if (_current is null || _prefetchedCame is null || !_isReserved)
                return false;
            _prefetched = prefetched;
            _prefetchedCame.TrySetResult();
            return true;
        }
    }

    /// <summary>Nothing could be claimed for the reserved place.</summary>
    public void CancelPrefetch()
    {
        lock (_lock)
            _isReserved = _prefetched is not null;
    }

    /// <summary>Runs a prompt, and after it those that follow. Throws nothing; returns when all attempts are settled.</summary>
    /// <param name="first">The prompt.</param>
    /// <param name="early">Its request, if that was sent already; null: it was not.</param>
    /// <param name="isShortRunning">Whether prompts were quick at this backend lately.</param>
    /// <param name="stop">Hands back what runs, and ends it early.</param>
    public async Task RunAsync(ClaimedPrompt first, EarlyCall? early, bool isShortRunning, CancellationToken stop)
    {
        var settling = Task.CompletedTask;
        for (var prompt = first; prompt is not null; prompt = Next())
        {
            Begin(prompt, isShortRunning);
            var started = time.GetTimestamp();
            var running = runner.RunAsync(prompt, backend, prompt == first ? early : null, stop);
            if (isShortRunning)
            {
                // Only now: until here nothing may come between Ollama and its next prompt.
                open();
                await HoldPrefetchedAsync(running);
            }
            settling = Task.WhenAll(settling, EndLeaseAsync(prompt, await running));
            WasShortRunning = isShortRunning = time.GetElapsedTime(started) < ShortRun;
        }
        await settling;
    }

    private void Begin(ClaimedPrompt prompt, bool isShortRunning)
    {
        lock (_lock)
            (_current, _isReserved, _prefetchedCame) = (prompt, false, isShortRunning
                ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null);
    }

    /// <summary>The prompt that follows; null: none, and the slot is closed with that.</summary>
    private ClaimedPrompt? Next()
    {
        ClaimedPrompt? next;
        lock (_lock)
            (next, _current, _prefetched, _prefetchedCame) = (_prefetched, _prefetched, null, null);
        if (next is null)
            closed(this);
        return next;
    }

    private async Task EndLeaseAsync(ClaimedPrompt prompt, Task settling)
    {
        activeLeases.OnAttemptEnded(prompt.Lease);
        await settling;
        activeLeases.Remove(prompt.Lease);
        leaseEnded();
    }

    /// <summary>
    /// Waits for the end of what runs. A follower for which that takes too long is handed back, as if it had not been claimed.
    /// </summary>
    private async Task HoldPrefetchedAsync(Task running)
    {
        if (await Task.WhenAny(running, _prefetchedCame!.Task) == running)
            return;
        using var ended = new CancellationTokenSource();
        var inTime = await Task.WhenAny(running, Task.Delay(patience, time, ended.Token)) == running;
        ended.Cancel();
        if (inTime && backend.State.IsAvailable)
            return;

        ClaimedPrompt prefetched;
        lock (_lock)
            (prefetched, _prefetched, _prefetchedCame) = (_prefetched!, null, null);
        while (!await runner.TryReleaseAsync(prefetched))
        {
            // It is still ours: if the store takes nothing back until then, it is run after all.
            if (await Task.WhenAny(running, Task.Delay(StoreRetryWait, time, CancellationToken.None)) != running)
                continue;
            lock (_lock)
                _prefetched = prefetched;
            return;
        }
        activeLeases.Remove(prefetched.Lease);
    }
}
