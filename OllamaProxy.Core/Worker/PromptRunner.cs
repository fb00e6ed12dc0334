using Microsoft.Extensions.Logging;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Runs a claimed prompt under its lease, and settles it: completed, failed, queued again or handed back.</summary>
public sealed class PromptRunner(
    IPromptStore store,
    Attempt attempt,
    LeaseKeeper leaseKeeper,
    Backend backend,
    DrainRate drainRate,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<PromptRunner> logger)
{
    private readonly RetryPolicy _retryPolicy = new(options.RetryBase);

    /// <summary>Runs the prompt to an end of some kind. Throws nothing: what cannot be settled is the lease's business.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="stopping">Hands the prompt back.</param>
    public async Task RunAsync(ClaimedPrompt prompt, CancellationToken stopping)
    {
        try
        {
            await RunUnderLeaseAsync(prompt, stopping);
        }
        catch (Exception exception)
        {
            logger.SettlingFailed(exception, prompt.Id);
        }
    }

    private async Task RunUnderLeaseAsync(ClaimedPrompt prompt, CancellationToken stopping)
    {
        using var attemptEnded = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var keeping = leaseKeeper.KeepAsync(prompt, attemptEnded.Token);
        var stopWhenLost = StopWhenLostAsync(keeping, stop);

        Func<Task<bool>> settle;
        try
        {
            settle = await AttemptAsync(prompt, stop.Token);
        }
        finally
        {
            await attemptEnded.CancelAsync();
            await stopWhenLost;
        }
        if (!await keeping || !await settle())
            logger.LeaseLost(prompt.Id);
    }

    private static async Task StopWhenLostAsync(Task<bool> keeping, CancellationTokenSource stop)
    {
        if (!await keeping)
            await stop.CancelAsync();
    }

    /// <summary>Makes the attempt and returns what to write: true from it means that it was written, under the lease.</summary>
    private async Task<Func<Task<bool>>> AttemptAsync(ClaimedPrompt prompt, CancellationToken stop)
    {
        var text = new GeneratedText();
        var started = time.GetTimestamp();
        logger.AttemptStarted(prompt.Id, prompt.Attempt);
        try
        {
            var failure = await TryAsync(prompt, text, stop);
            if (failure is null)
                return () => CompleteAsync(prompt, text.ToResult(), time.GetElapsedTime(started));
            return await backend.ReportAsync(failure, stop)
                ? () => FailOrRequeueAsync(prompt, failure, text.ToResult())
                : () => ReleaseAsync(prompt);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return () => ReleaseAsync(prompt);
        }
    }

    private async Task<OllamaException?> TryAsync(ClaimedPrompt prompt, GeneratedText text, CancellationToken stop)
    {
        try
        {
            await attempt.RunAsync(prompt, text, stop);
            return null;
        }
        catch (OllamaException failure)
        {
            return failure;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            // Not Ollama's fault but ours, or that of whoever wrote the row: it must not run, and break, for ever.
            return new OllamaException(FailureKind.Transient, exception.Message, exception);
        }
    }

    // The settling writes take no token: at a shutdown they are what has yet to be done.

    private async Task<bool> CompleteAsync(ClaimedPrompt prompt, PromptResult result, TimeSpan run)
    {
        if (!await store.CompleteAsync(prompt.Lease, result, CancellationToken.None))
            return false;
        drainRate.Record(run);
        logger.PromptCompleted(prompt.Id, run.TotalSeconds);
        return true;
    }

    private async Task<bool> FailOrRequeueAsync(ClaimedPrompt prompt, OllamaException failure, PromptResult partial)
    {
        var wait = _retryPolicy.NextAttempt(failure, prompt.Attempt, prompt.MaxAttempts ?? options.MaxAttempts, Random.Shared.NextDouble());
        if (wait is null)
        {
            if (!await store.FailAsync(prompt.Lease, failure.Message, partial.IsEmpty ? null : partial, CancellationToken.None))
                return false;
            logger.PromptFailed(prompt.Id, failure.Message);
            return true;
        }
        if (!await store.RequeueAsync(prompt.Lease, failure.Message, time.GetUtcNow() + wait.Value, CancellationToken.None))
            return false;
        logger.PromptRequeued(prompt.Id, prompt.Attempt, wait.Value.TotalSeconds, failure.Message);
        return true;
    }

    private async Task<bool> ReleaseAsync(ClaimedPrompt prompt)
    {
        if (!await store.ReleaseAsync(prompt.Lease, CancellationToken.None))
            return false;
        logger.PromptReleased(prompt.Id);
        return true;
    }
}
