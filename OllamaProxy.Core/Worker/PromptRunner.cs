using Microsoft.Extensions.Logging;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Runs a claimed prompt under its lease, and sees to it that what became of it is settled.</summary>
public sealed class PromptRunner(
    Attempt attempt,
    LeaseKeeper leaseKeeper,
    Backend backend,
    Settler settler,
    TimeProvider time,
    ILogger<PromptRunner> logger)
{
    /// <summary>
    /// Runs the prompt until Ollama is done with it, and returns the settling, which has been begun. Neither throws anything:
    /// what cannot be settled is the lease's business.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="stopping">Hands the prompt back.</param>
    public async Task<Task> RunAsync(ClaimedPrompt prompt, CancellationToken stopping)
    {
        try
        {
            var (outcome, lease) = await RunUnderLeaseAsync(prompt, stopping);
            return SettleAsync(prompt, outcome, lease);
        }
        catch (Exception exception)
        {
            logger.SettlingFailed(exception, prompt.Id);
            return Task.CompletedTask;
        }
    }

    private async Task SettleAsync(ClaimedPrompt prompt, AttemptOutcome outcome, LeaseState lease)
    {
        try
        {
            await settler.SettleAsync(prompt, outcome, lease);
        }
        catch (Exception exception)
        {
            logger.SettlingFailed(exception, prompt.Id);
        }
    }

    private async Task<(AttemptOutcome Outcome, LeaseState Lease)> RunUnderLeaseAsync(ClaimedPrompt prompt, CancellationToken stopping)
    {
        using var attemptEnded = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var keeping = KeepAsync(prompt, stop, attemptEnded.Token);

        AttemptOutcome outcome;
        try
        {
            outcome = await AttemptAsync(prompt, stop.Token);
        }
        finally
        {
            attemptEnded.Cancel();
            await keeping;
        }
        return (outcome, await keeping);
    }

    private async Task<LeaseState> KeepAsync(ClaimedPrompt prompt, CancellationTokenSource stop, CancellationToken attemptEnded)
    {
        var state = await leaseKeeper.KeepAsync(prompt, attemptEnded);
        if (state != LeaseState.Held)
            await stop.CancelAsync();
        return state;
    }

    private async Task<AttemptOutcome> AttemptAsync(ClaimedPrompt prompt, CancellationToken stop)
    {
        var text = new GeneratedText();
        var started = time.GetTimestamp();
        logger.AttemptStarted(prompt.Id, prompt.Attempt);
        try
        {
            var failure = await TryAsync(prompt, text, stop);
            // An attempt for which Ollama was not there at all is as good as stopped: it does not count.
            var stopped = failure is not null && !await backend.ReportAsync(failure, stop);
            return new(text.ToResult(), failure, stopped, time.GetElapsedTime(started));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new(text.ToResult(), null, Stopped: true, time.GetElapsedTime(started));
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
}
