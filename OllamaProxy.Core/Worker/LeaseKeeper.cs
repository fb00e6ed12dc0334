using Microsoft.Extensions.Logging;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// Keeps a lease for as long as an attempt runs, silent or not: renews it every third of its length, and looks at it often
/// enough in between that a cancel from whatever process is heard within a second. As often, it hands in what was generated
/// since, so that a crash loses less than a second of it.
/// </summary>
public sealed class LeaseKeeper(IPromptStore store, OllamaProxyOptions options, TimeProvider time, ILogger<LeaseKeeper> logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How much is handed in at once, in characters: others write as well.</summary>
    private const int MaxChunk = 256 * 1024;

    private readonly TimeSpan _renewAfter = options.LeaseLength / 3;

    /// <summary>
    /// Returns <see cref="LeaseState.Held"/> when <paramref name="attemptEnded"/> fires, or as soon as it is something
    /// else. A lease that the store could not renew for its whole length counts as lost.
    /// </summary>
    public async Task<LeaseState> KeepAsync(ClaimedPrompt prompt, LiveText text, CancellationToken attemptEnded)
    {
        using var timer = new PeriodicTimer(_renewAfter < LookInterval ? _renewAfter : LookInterval, time);
        // To end the timer costs a fraction of what an exception would, and every attempt ends.
        await using var ended = attemptEnded.UnsafeRegister(static timer => ((PeriodicTimer)timer!).Dispose(), timer);
        var renewedAt = time.GetTimestamp();
        var kept = default(TextOffset);
        try
        {
            var hasMore = false;
            while (hasMore || await timer.WaitForNextTickAsync(CancellationToken.None))
            {
                hasMore = false;
                // At short leases every tick is a renewal; by the clock, half of them would come a moment too early.
                var renew = _renewAfter <= LookInterval || time.GetElapsedTime(renewedAt) >= _renewAfter;
                var askedAt = time.GetTimestamp();
                var chunk = text.ReadFrom(kept, MaxChunk);
                var state = await TryAsync(prompt, chunk, renew, attemptEnded);
                if (state is null && time.GetElapsedTime(renewedAt) >= options.LeaseLength)
                    return LeaseState.Lost;
                if (state is LeaseState.Cancelled or LeaseState.Lost)
                    return state.Value;
                if (state is null)
                    continue;
                kept = chunk.End;
                hasMore = !attemptEnded.IsCancellationRequested && chunk.Text.Length + chunk.Thinking.Length >= MaxChunk - 1;
                if (renew || !chunk.IsEmpty)
                    renewedAt = askedAt;
            }
        }
        catch (OperationCanceledException) when (attemptEnded.IsCancellationRequested)
        {
            // That is how an attempt tells that it has ended.
        }
        return LeaseState.Held;
    }

    /// <summary>Null: the store cannot tell at the moment.</summary>
    private async Task<LeaseState?> TryAsync(ClaimedPrompt prompt, TextChunk chunk, bool renew, CancellationToken attemptEnded)
    {
        try
        {
            if (!chunk.IsEmpty)
                return await store.AppendAsync(prompt.Lease, chunk, options.LeaseLength, attemptEnded);
            return renew
                ? await store.RenewAsync(prompt.Lease, options.LeaseLength, attemptEnded)
                : await store.LookAtAsync(prompt.Lease, attemptEnded);
        }
        catch (StoreException exception)
        {
            logger.RenewalFailed(prompt.Id, exception.Message);
            return null;
        }
    }
}
