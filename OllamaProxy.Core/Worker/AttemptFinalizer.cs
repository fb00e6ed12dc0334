using Microsoft.Extensions.Logging;
using OllamaProxy.Access;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

/// <summary>
/// Writes what became of a prompt whose attempt has ended: completed, failed, queued again, handed back or stopped. While the
/// store takes nothing it tries again, for as long as a lease is good: a generation can be the work of half an hour.
/// </summary>
public sealed class AttemptFinalizer(
    IWorkQueue store,
    IPromptReader prompts,
    QueueSignal signal,
    PromptMetrics metrics,
    AccountShares shares,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<AttemptFinalizer> logger)
{
    private static readonly TimeSpan StoreRetryWait = TimeSpan.FromSeconds(1);

    private static readonly OllamaException HandedBack = new(FailureKind.Transient, "It was stopped, and begins anew.");

    private readonly RetryPolicy _retryPolicy = new(options.RetryBase);

    /// <summary>Settles the attempt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="outcome">How its attempt ended.</param>
    /// <param name="lease">What its lease was worth then.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="StoreException">The store takes nothing.</exception>
    public async Task<AttemptEnd> SettleAsync(ClaimedPrompt prompt, AttemptOutcome outcome, LeaseState lease)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await WriteAsync(prompt, outcome, lease);
            }
            // A shutdown does not wait for that: the lease runs out instead.
            catch (StoreException exception) when (outcome is not { Stopped: true, Failure: null }
                && time.GetElapsedTime(started) < options.LeaseLength)
            {
                logger.SettlingDelayed(prompt.Id, exception.Message);
                await Task.Delay(StoreRetryWait, time);
            }
        }
    }

    /// <summary>
    /// Hands a prompt back that has not been run, as if it had not been claimed. False: the store takes nothing at the moment.
    /// </summary>
    public async Task<bool> TryReleaseAsync(ClaimedPrompt prompt)
    {
        try
        {
            await store.SettleAsync(prompt.Lease, new Settlement.Release(null), CancellationToken.None);
            signal.Raise();
            return true;
        }
        catch (StoreException exception)
        {
            logger.SettlingDelayed(prompt.Id, exception.Message);
            return false;
        }
    }

    private async Task<AttemptEnd> WriteAsync(ClaimedPrompt prompt, AttemptOutcome outcome, LeaseState lease)
    {
        var end = outcome switch
        {
            _ when lease != LeaseState.Held => await AcknowledgeCancelAsync(prompt, outcome),
            { Stopped: true, WasFollowed: true } => await RequeueAsync(prompt, outcome, HandedBack, TimeSpan.Zero, counts: true),
            { Stopped: true } => await ReleaseAsync(prompt, outcome),
            { IsForAnother: true, Failure: { } failure } => await RequeueAsync(prompt, outcome, failure, TimeSpan.Zero, counts: false),
            { Failure: null } => await CompleteAsync(prompt, outcome),
            { Failure: var failure } => await FailOrRequeueAsync(prompt, outcome, failure),
        };
        // As it ended, somebody may have cancelled or deleted the prompt: it was theirs to end, and no worker lost it.
        if (end == AttemptEnd.LeaseLost
            && await prompts.FindAsync(prompt.Id, CancellationToken.None) is null or { Status: PromptStatus.Cancelled })
            end = AttemptEnd.Cancelled;
        if (end == AttemptEnd.LeaseLost)
            logger.LeaseLost(prompt.Id, OwnerOf(prompt), prompt.Attempt);
        else if (end == AttemptEnd.Cancelled)
            logger.PromptCancelled(prompt.Id, OwnerOf(prompt), prompt.Attempt);
        metrics.OnSettled(prompt.Account, prompt.Model, end, outcome.Failure?.Kind);
        return end;
    }

    // The writes take no token: a shutdown waits for them.

    private async Task<AttemptEnd> AcknowledgeCancelAsync(ClaimedPrompt prompt, AttemptOutcome outcome) =>
        await store.SettleAsync(prompt.Lease, new Settlement.AcknowledgeCancel(outcome.Partial), CancellationToken.None)
            ? AttemptEnd.Cancelled
            : AttemptEnd.LeaseLost;

    private async Task<AttemptEnd> ReleaseAsync(ClaimedPrompt prompt, AttemptOutcome outcome)
    {
        var isReleased = await store.SettleAsync(prompt.Lease, new Settlement.Release(outcome.Partial), CancellationToken.None);
        signal.Raise();
        if (!isReleased)
            return AttemptEnd.LeaseLost;
        logger.PromptReleased(prompt.Id, OwnerOf(prompt), prompt.Attempt);
        return AttemptEnd.HandedBack;
    }

    private async Task<AttemptEnd> CompleteAsync(ClaimedPrompt prompt, AttemptOutcome outcome)
    {
        if (!await store.SettleAsync(prompt.Lease, new Settlement.Complete(outcome.Result), CancellationToken.None))
            return AttemptEnd.LeaseLost;
        logger.PromptCompleted(prompt.Id, outcome.Duration.TotalSeconds, OwnerOf(prompt), prompt.Attempt);
        return AttemptEnd.Completed;
    }

    private async Task<AttemptEnd> FailOrRequeueAsync(ClaimedPrompt prompt, AttemptOutcome outcome, OllamaException failure)
    {
        var maxAttempts = prompt.MaxAttempts ?? options.MaxAttempts;
        if (_retryPolicy.NextAttempt(failure, prompt.LastError, prompt.Attempt, maxAttempts, Random.Shared.NextDouble()) is { } wait)
            return await RequeueAsync(prompt, outcome, failure, wait, counts: true);
        if (!await store.SettleAsync(prompt.Lease, new Settlement.Fail(failure.Message, outcome.Partial), CancellationToken.None))
            return AttemptEnd.LeaseLost;
        logger.PromptFailed(prompt.Id, failure.Message, OwnerOf(prompt), prompt.Attempt);
        return AttemptEnd.Failed;
    }

    private async Task<AttemptEnd> RequeueAsync(
        ClaimedPrompt prompt, AttemptOutcome outcome, OllamaException failure, TimeSpan wait, bool counts)
    {
        var requeue = new Settlement.Requeue(failure.Message, outcome.Partial, time.GetUtcNow() + wait, counts);
        if (!await store.SettleAsync(prompt.Lease, requeue, CancellationToken.None))
            return AttemptEnd.LeaseLost;
        signal.Raise();
        logger.PromptRequeued(prompt.Id, prompt.Attempt, wait.TotalSeconds, failure.Message, OwnerOf(prompt));
        return AttemptEnd.Requeued;
    }

    private string OwnerOf(ClaimedPrompt prompt) => shares.NamedOwnerOf(prompt.Account) ?? Log.NoOwner;
}
