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
/// its prompt is cancelled here, and often enough in between that a cancel from another process is heard within a second. As
/// often, it hands in what was generated since, so that a crash loses less than a second of it.
/// </summary>
public sealed class LeaseRenewer(
    IWorkQueue store, RunningAttempts running, OllamaProxyOptions options, TimeProvider time, ILogger<LeaseRenewer> logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How much is handed in at once, in characters: others write as well.</summary>
    private const int MaxChunk = 256 * 1024;

    private readonly TimeSpan _renewAfter = options.LeaseLength / 3;

    /// <summary>
    /// Returns <see cref="LeaseState.Held"/> when <paramref name="attemptEnded"/> fires, or as soon as it is something
    /// else. A lease that the store could not renew for its whole length counts as lost, also while the store does not answer at all:
    /// another worker may run the prompt from then on.
    /// </summary>
    public async Task<LeaseState> KeepAsync(ClaimedPrompt prompt, AttemptOutput text, CancellationToken attemptEnded)
    {
        // All that there is to wait for raises it: that costs a fraction of what an exception would, and every attempt ends.
        var wakeUp = new AsyncAutoResetEvent();
        using var attempt = running.Begin(prompt.Id, wakeUp.Set);
        await using var ended = attemptEnded.UnsafeRegister(static wakeUp => ((AsyncAutoResetEvent)wakeUp!).Set(), wakeUp);
        var interval = _renewAfter < LookInterval ? _renewAfter : LookInterval;
        await using var timer = time.CreateTimer(static wakeUp => ((AsyncAutoResetEvent)wakeUp!).Set(), wakeUp, interval, interval);
        var renewed = ClockReading.Of(time);
        var kept = default(TextOffset);
        try
        {
            while (true)
            {
                await wakeUp.WaitAsync();
                if (attemptEnded.IsCancellationRequested)
                    break;
                // At short leases every tick is a renewal; by the clock, half of them would come a moment too early.
                // And once the wall clock was set, by which others judge the lease.
                var renew = _renewAfter <= LookInterval || time.GetElapsedTime(renewed.Timestamp) >= _renewAfter
                    || renewed.SetSince(time) != TimeSpan.Zero;
                var asked = ClockReading.Of(time);
                var chunk = text.ReadFrom(kept, MaxChunk);
                var left = options.LeaseLength - time.GetElapsedTime(renewed.Timestamp);
                var state = await TryAsync(prompt, chunk, renew, left > interval ? left : interval, attemptEnded);
                if (state is null && time.GetElapsedTime(renewed.Timestamp) >= options.LeaseLength)
                    return LeaseState.Lost;
                if (state is LeaseState.Cancelled or LeaseState.Lost)
                    return state.Value;
                if (state is null)
                    continue;
                kept = chunk.End;
                // The remainder is handed in next time.
                if (chunk.Text.Length + chunk.Thinking.Length >= MaxChunk - 1)
                    wakeUp.Set();
                if (renew || !chunk.IsEmpty)
                    renewed = asked;
            }
        }
        catch (OperationCanceledException) when (attemptEnded.IsCancellationRequested)
        {
            // That is how an attempt tells that it has ended.
        }
        return LeaseState.Held;
    }

    /// <summary>Null: the store cannot tell at the moment, or does not within the time that is left.</summary>
    private async Task<LeaseState?> TryAsync(
        ClaimedPrompt prompt, TextChunk chunk, bool renew, TimeSpan left, CancellationToken attemptEnded)
    {
        try
        {
            return await AskAsync(prompt, chunk, renew, attemptEnded).WaitAsync(left, time, CancellationToken.None);
        }
        catch (StoreException exception)
        {
            logger.RenewalFailed(prompt.Id, exception.Message);
        }
        catch (TimeoutException)
        {
            logger.RenewalFailed(prompt.Id, "The store did not answer in time.");
        }
        return null;
    }

    private Task<LeaseState> AskAsync(ClaimedPrompt prompt, TextChunk chunk, bool renew, CancellationToken attemptEnded) =>
        !chunk.IsEmpty ? store.AppendAsync(prompt.Lease, chunk, options.LeaseLength, attemptEnded)
        : renew ? store.RenewAsync(prompt.Lease, options.LeaseLength, attemptEnded)
        : store.GetLeaseStateAsync(prompt.Lease, attemptEnded);
}
