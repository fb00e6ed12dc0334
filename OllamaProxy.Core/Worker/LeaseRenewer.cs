using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Live;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// Keeps a lease for as long as an attempt runs, silent or not: renews it every third of its length, and looks at it at once when
/// its prompt is cancelled here, and often enough in between that a cancel from another process is heard within a second. Meanwhile it
/// stores what is generated, so that a crash loses less than a second of it and other processes can follow it.
/// </summary>
public sealed class LeaseRenewer(
    IWorkQueue store, RunningAttempts running, OllamaProxyOptions options, TimeProvider time, ILogger<LeaseRenewer> logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How often output is stored for a client that waits at another process.</summary>
    private static readonly TimeSpan AwaitedInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How often output is stored where somebody may follow it from another process.</summary>
    private static readonly TimeSpan SharedInterval = TimeSpan.FromMilliseconds(150);

    private readonly TimeSpan _renewAfter = options.LeaseLength / 3;

    /// <summary>
    /// Returns <see cref="LeaseState.Held"/> when <paramref name="attemptEnded"/> fires, or as soon as it is something
    /// else. A lease that the store could not renew for its whole length counts as lost, also while the store does not answer at all:
    /// another worker may run the prompt from then on.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="output">What the attempt generates.</param>
    /// <param name="attemptEnded">Ends it. Its source must not outlive the attempt.</param>
    internal async Task<LeaseState> KeepAsync(ClaimedPrompt prompt, UnstoredOutput output, CancellationToken attemptEnded)
    {
        // All that there is to wait for raises it: that costs a fraction of what an exception would, and every attempt ends.
        var wakeUp = new AsyncAutoResetEvent();
        var mayBeCancelled = 0;
        using var attempt = running.Begin(prompt.Id, () =>
        {
            Volatile.Write(ref mayBeCancelled, 1);
            wakeUp.Set();
        });
        // Not disposed of, which would have a thread of the pool spin until whoever ends the attempt is done with that.
        attemptEnded.UnsafeRegister(static wakeUp => ((AsyncAutoResetEvent)wakeUp!).Set(), wakeUp);
        var interval = IntervalOf(output);
        await using var timer = time.CreateTimer(static wakeUp => ((AsyncAutoResetEvent)wakeUp!).Set(), wakeUp, interval, interval);
        var renewed = prompt.LeaseCountsFrom;
        var lookedAt = time.GetTimestamp();
        try
        {
            while (true)
            {
                await wakeUp.WaitAsync();
                if (attemptEnded.IsCancellationRequested)
                    break;
                if (IntervalOf(output) is var next && next != interval)
                    timer.Change(interval = next, next);
                // At short leases every tick is a renewal; by the clock, half of them would come a moment too early.
                // And once the wall clock was set, by which others judge the lease.
                var renew = _renewAfter <= interval || time.GetElapsedTime(renewed.Timestamp) >= _renewAfter
                    || renewed.SetSince(time) != TimeSpan.Zero;
                var look = Interlocked.Exchange(ref mayBeCancelled, 0) != 0
                    || time.GetElapsedTime(lookedAt) >= LookInterval - (interval / 2);
                if (!renew && !look && !output.HasAny)
                    continue;
                var asked = ClockReading.Of(time);
                var left = options.LeaseLength - time.GetElapsedTime(renewed.Timestamp);
                var (state, isRenewed) = await TryAsync(prompt, output, renew, left > interval ? left : interval, attemptEnded);
                if (state is null && time.GetElapsedTime(renewed.Timestamp) >= options.LeaseLength)
                    return LeaseState.Lost;
                if (state is LeaseState.Cancelled or LeaseState.Lost)
                    return state.Value;
                if (state is null)
                    continue;
                lookedAt = asked.Timestamp;
                if (isRenewed)
                    renewed = asked;
                // The remainder is stored next time, since others write as well.
                if (output.IsFarBehind)
                    wakeUp.Set();
            }
        }
        catch (OperationCanceledException) when (attemptEnded.IsCancellationRequested)
        {
            // That is how an attempt tells that it has ended.
        }
        return LeaseState.Held;
    }

    private TimeSpan IntervalOf(UnstoredOutput output)
    {
        var interval = output.IsAwaited ? AwaitedInterval : store.IsShared ? SharedInterval : LookInterval;
        return _renewAfter < interval ? _renewAfter : interval;
    }

    /// <summary>
    /// Stores what there is, or else renews the lease or only looks at it. Returns its state, and whether it was renewed; null: the store
    /// cannot tell at the moment, or does not within the time that is left.
    /// </summary>
    private async Task<(LeaseState? State, bool IsRenewed)> TryAsync(
        ClaimedPrompt prompt, UnstoredOutput output, bool renew, TimeSpan left, CancellationToken attemptEnded)
    {
        try
        {
            return await AskAsync().WaitAsync(left, time, CancellationToken.None);
        }
        catch (StoreException exception)
        {
            logger.RenewalFailed(prompt.Id, exception.Message);
        }
        catch (TimeoutException)
        {
            logger.RenewalFailed(prompt.Id, "The store did not answer in time.");
        }
        return (null, false);

        async Task<(LeaseState?, bool)> AskAsync()
        {
            if (await output.StoreAsync(store, prompt.Lease, options.LeaseLength, attemptEnded) is { } stored)
                return (stored, true);
            return (renew
                ? await store.RenewAsync(prompt.Lease, options.LeaseLength, attemptEnded)
                : await store.GetLeaseStateAsync(prompt.Lease, attemptEnded), renew);
        }
    }
}
