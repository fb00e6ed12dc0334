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
    LiveTexts liveTexts,
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
        var (stop, attemptEnded) = (CancellationTokenSource.CreateLinkedTokenSource(stopping), new CancellationTokenSource());
        var lease = LeaseState.Held;
        var text = liveTexts.Begin(prompt);
        var keeping = KeepAsync();
        var attempt = AttemptAsync(prompt, new(text), stop.Token);
        await Task.WhenAny(attempt); // Of what it threw the settling hears.
        attemptEnded.Cancel();
        return SettleAsync();

        async Task KeepAsync()
        {
            lease = await leaseKeeper.KeepAsync(prompt, text, attemptEnded.Token);
            if (lease != LeaseState.Held)
                await stop.CancelAsync();
        }

        async Task SettleAsync()
        {
            try
            {
                // The keeper need not have ended: what it knows by now is enough, since the store looks at the lease again.
                await settler.SettleAsync(prompt, await attempt, lease);
                await keeping;
            }
            catch (Exception exception)
            {
                logger.SettlingFailed(exception, prompt.Id);
                await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                text.Dispose();
                stop.Dispose();
                attemptEnded.Dispose();
            }
        }
    }

    private async Task<AttemptOutcome> AttemptAsync(ClaimedPrompt prompt, GeneratedText text, CancellationToken stop)
    {
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
