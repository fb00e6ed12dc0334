using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Ollama;
using OllamaProxy.Storage;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Worker;

/// <summary>
/// Writes what became of a prompt whose attempt has ended: completed, failed, queued again, handed back or stopped. While the
/// store takes nothing it tries again, for as long as a lease is good: a generation can be the work of half an hour.
/// </summary>
public sealed class AttemptFinalizer(IWorkQueue store, QueueSignal signal, OllamaProxyOptions options, TimeProvider time,
    ILogger<AttemptFinalizer> logger)
{
    private static readonly TimeSpan StoreRetryWait = TimeSpan.FromSeconds(1);

    private static readonly OllamaException HandedBack = new(FailureKind.Transient, "It was stopped, and begins anew.");

    private readonly RetryPolicy _retryPolicy = new(options.RetryBase);

    /// <summary>Settles the attempt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="outcome">How its attempt ended.</param>
    /// <param name="lease">What its lease was worth then.</param>
    /// <exception cref="StoreException">The store takes nothing.</exception>
    public async Task SettleAsync(ClaimedPrompt prompt, AttemptOutcome outcome, LeaseState lease)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await WriteAsync(prompt, outcome, lease);
                return;
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

    private Task WriteAsync(ClaimedPrompt prompt, AttemptOutcome outcome, LeaseState lease) => outcome switch
    {
        _ when lease != LeaseState.Held => AcknowledgeCancelAsync(prompt, outcome),
        { Stopped: true, WasFollowed: true } => RequeueAsync(prompt, outcome, HandedBack, TimeSpan.Zero, counts: true),
        { Stopped: true } => ReleaseAsync(prompt, outcome),
        { IsForAnother: true, Failure: { } failure } => RequeueAsync(prompt, outcome, failure, TimeSpan.Zero, counts: false),
        { Failure: null } => CompleteAsync(prompt, outcome),
        { Failure: var failure } => FailOrRequeueAsync(prompt, outcome, failure),
    };

    // The writes take no token: a shutdown waits for them.

    private async Task AcknowledgeCancelAsync(ClaimedPrompt prompt, AttemptOutcome outcome)
    {
        if (await store.SettleAsync(prompt.Lease, new Settlement.AcknowledgeCancel(outcome.Partial), CancellationToken.None))
            logger.PromptCancelled(prompt.Id);
        else
            logger.LeaseLost(prompt.Id);
    }

    private async Task ReleaseAsync(ClaimedPrompt prompt, AttemptOutcome outcome)
    {
        if (await store.SettleAsync(prompt.Lease, new Settlement.Release(outcome.Partial), CancellationToken.None))
            logger.PromptReleased(prompt.Id);
        else
            logger.LeaseLost(prompt.Id);
        signal.Raise();
    }

    private async Task CompleteAsync(ClaimedPrompt prompt, AttemptOutcome outcome)
    {
        if (await store.SettleAsync(prompt.Lease, new Settlement.Complete(outcome.Result), CancellationToken.None))
            logger.PromptCompleted(prompt.Id, outcome.Duration.TotalSeconds);
        else
            logger.LeaseLost(prompt.Id);
    }

    private async Task FailOrRequeueAsync(ClaimedPrompt prompt, AttemptOutcome outcome, OllamaException failure)
    {
        var maxAttempts = prompt.MaxAttempts ?? options.MaxAttempts;
        if (_retryPolicy.NextAttempt(failure, prompt.LastError, prompt.Attempt, maxAttempts, Random.Shared.NextDouble()) is { } wait)
            await RequeueAsync(prompt, outcome, failure, wait, counts: true);
        else if (await store.SettleAsync(prompt.Lease, new Settlement.Fail(failure.Message, outcome.Partial), CancellationToken.None))
            logger.PromptFailed(prompt.Id, failure.Message);
        else
            logger.LeaseLost(prompt.Id);
    }

    private async Task RequeueAsync(ClaimedPrompt prompt, AttemptOutcome outcome, OllamaException failure, TimeSpan wait, bool counts)
    {
        var requeue = new Settlement.Requeue(failure.Message, outcome.Partial, time.GetUtcNow() + wait, counts);
        if (await store.SettleAsync(prompt.Lease, requeue, CancellationToken.None))
        {
            signal.Raise();
            logger.PromptRequeued(prompt.Id, prompt.Attempt, wait.TotalSeconds, failure.Message);
        }
        else
        {
            logger.LeaseLost(prompt.Id);
        }
    }
}
