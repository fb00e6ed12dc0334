using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OllamaProxy.Access;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Worker.Attempts;
using OllamaProxy.Worker.Preemption;

namespace OllamaProxy.Worker;

/// <summary>Runs a claimed prompt under its lease, and has the attempt settled.</summary>
public sealed class PromptRunner(
    AttemptRunner attempts,
    LeaseRenewer leaseRenewer,
    AttemptFinalizer finalizer,
    AttemptOutputs outputs,
    ResponseRegistry responses,
    AccountLedger accounts,
    Preemptor preemptor,
    BackendPool backends,
    PromptMetrics metrics,
    PromptTraces traces,
    TrendRecorder trends,
    AccountShares shares,
    Shutdown shutdown,
    OllamaProxyOptions options,
    TimeProvider time,
    ILogger<PromptRunner> logger)
{
    /// <summary>
    /// How long the end of an answer is held back until the attempt is settled: a client need not wait for a store that takes nothing.
    /// </summary>
    private static readonly TimeSpan SettlingPatience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs the prompt until Ollama is done with it, and returns the settling of the attempt, which has begun. Neither throws: an attempt
    /// that cannot be settled ends when its lease runs out.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="backend">Where it runs.</param>
    /// <param name="early">Its request, if that was sent already; null: it was not.</param>
    /// <param name="stopping">
    /// Hands the prompt back. The shutdown does so too, unless a client waits for it: that one may still be answered. The
    /// <see cref="Preemptor"/> does so as long as nobody has received any of the answer.
    /// </param>
    internal async Task<Task> RunAsync(ClaimedPrompt prompt, Backend backend, EarlyCall? early, CancellationToken stopping)
    {
        var text = outputs.Begin(prompt);
        var response = prompt.Call is null ? null : responses.Begin(prompt);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, prompt.IsAwaited ? CancellationToken.None : shutdown.Begun);
        var unstored = new UnstoredOutput(text, CanBeFollowed(prompt) && response is { IsAwaited: false } ? response : null);
        var attemptEnded = new CancellationTokenSource();
        var lease = LeaseState.Held;
        var keeping = KeepAsync();
        var attempt = AttemptAsync(prompt, backend, early, new(text, time), response, stop.Token);
        var preemptible = preemptor.Begin(prompt, ModelOf(prompt), backend.Name, text, response, stop);
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Of what it threw the settling hears.
        preemptible?.Dispose();
        attemptEnded.Cancel();
        SettleCharge(prompt, attempt.IsCompletedSuccessfully ? await attempt : null);
        return SettleAsync();

        async Task KeepAsync()
        {
            lease = await leaseRenewer.KeepAsync(prompt, unstored, attemptEnded.Token);
            if (lease != LeaseState.Held)
                await stop.CancelAsync();
        }

        async Task SettleAsync()
        {
            try
            {
                // The renewer need not have ended: the store checks the lease again.
                var settling = finalizer.SettleAsync(prompt, await attempt, lease);
                await ShowEndAsync(response, settling);
                Record(prompt, backend.Name, await attempt, await settling);
                await keeping;
            }
            catch (Exception exception)
            {
                logger.SettlingFailed(new(exception), prompt.Id);
                await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                text.Dispose();
                response?.Dispose();
                stop.Dispose();
                attemptEnded.Dispose();
            }
        }
    }

    /// <summary>Lets a prompt fail whose model no backend has, without sending it. Throws nothing, as <see cref="RunAsync"/>.</summary>
    public async Task RefuseAsync(ClaimedPrompt prompt)
    {
        using var response = prompt.Call is null ? null : responses.Begin(prompt);
        try
        {
            var outcome = new AttemptOutcome(PromptResult.Empty, OllamaFailures.OfMissingModel(prompt.Model ?? options.Model),
                Stopped: false, TimeSpan.Zero);
            Record(prompt, "", outcome, await finalizer.SettleAsync(prompt, outcome, LeaseState.Held));
        }
        catch (Exception exception)
        {
            logger.SettlingFailed(new(exception), prompt.Id);
        }
    }

    /// <summary>
    /// Hands a prompt back that has not been run, as if it had not been claimed. False: the store takes nothing at the moment.
    /// </summary>
    public async Task<bool> TryReleaseAsync(ClaimedPrompt prompt)
    {
        if (!await finalizer.TryReleaseAsync(prompt))
            return false;
        accounts.Settle(prompt.Lease, 0, isTypical: false);
        return true;
    }

    /// <summary>Before the slot is given away again: what an attempt took is known to the next decision.</summary>
    private void SettleCharge(ClaimedPrompt prompt, AttemptOutcome? outcome)
    {
        var isHandedBack = outcome is not { Stopped: false, IsForAnother: false } && outcome?.Partial is null;
        accounts.Settle(prompt.Lease, isHandedBack ? 0 : TokenCost.Of(outcome!.Result), outcome is { Failure: null, Stopped: false });
    }

    /// <summary>Shows the end of an answer as soon as the attempt is settled, or that takes too long.</summary>
    private async Task ShowEndAsync(ResponseBuffer? response, Task settling)
    {
        if (response is null)
            return;
        await settling.WaitAsync(SettlingPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        response.Dispose();
    }

    private async Task<AttemptOutcome> AttemptAsync(ClaimedPrompt prompt, Backend backend, EarlyCall? early, GeneratedText text,
        ResponseBuffer? response, CancellationToken stop)
    {
        var started = early?.BegunAt ?? time.GetTimestamp();
        using var span = await traces.ProcessAsync(prompt, ModelOf(prompt), backend.Name);
        logger.AttemptStarted(prompt.Id, prompt.Attempt, shares.NamedOwnerOf(prompt.Account) ?? Log.NoOwner);
        if (prompt.Damage is { } damage)
            return new(PromptResult.Empty, new(FailureKind.Permanent, damage), Stopped: false, TimeSpan.Zero);
        try
        {
            var failure = await TryAsync(prompt, backend, early, text, response, span, stop);
            Measure(prompt, backend, text, started, failure);
            PromptTraces.SetResult(span, text.Statistics, failure?.Message);
            if (failure is null)
                backend.OnPromptCompleted(ModelOf(prompt));
            // An attempt that found Ollama unreachable does not count, as if it had been stopped.
            var stopped = failure is { IsModelMissing: false } && !await backend.ReportAsync(failure, ModelOf(prompt), started, stop);
            var isForAnother = false;
            if (failure is { IsModelMissing: true })
            {
                backend.OnModelMissing(ModelOf(prompt));
                var others = backends.All.Where(other => other != backend).Select(other => other.State).ToList();
                isForAnother = ModelOf(prompt) is { Length: > 0 } model
                    && others.Exists(other => other.IsReachable && other.MayHave(model));
                // The prompt waits for a backend that is away and has the model, or for the model itself, if it names one.
                stopped = !isForAnother && ModelOf(prompt) is { Length: > 0 } awaited
                    && (options.WaitForModel || others.Exists(other => other.Has(awaited)));
            }
            // What a client has begun to read on its connection cannot be tried again; what was followed in the store can, but counts.
            if (failure is not null && response?.TryDiscard() is false)
                (failure, stopped, isForAnother) =
                    (prompt.IsAwaited ? new(FailureKind.Permanent, failure.Message, failure) : failure, false, false);
            var result = text.ToResult();
            if (failure is null
                && await TruncationCheck.FindAsync(prompt, ModelOf(prompt), result.Statistics, backend, time, stop) is { } tokens)
            {
                logger.PromptTruncated(prompt.Id, tokens, prompt.Model ?? options.Model);
                result = result with { TruncatedTo = tokens };
                response?.MarkTruncated(tokens);
            }
            return new(result with { Response = response?.ToResponse() }, failure, stopped, time.GetElapsedTime(started))
            { IsForAnother = isForAnother };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new(text.ToResult(), null, Stopped: true, time.GetElapsedTime(started))
            { WasFollowed = response?.TryDiscard() is false && !prompt.IsAwaited };
        }
    }

    private static ApiRoute RouteOf(ClaimedPrompt prompt) =>
        prompt.Call is { } call && ApiRoute.Find(call.Endpoint) is { } known ? known : ApiRoute.Generate;

    private void Measure(ClaimedPrompt prompt, Backend backend, GeneratedText text, long started, OllamaException? failure)
    {
        var route = RouteOf(prompt);
        if (text.FirstAt is { } first)
            metrics.OnFirstToken(route, prompt.Model, backend.Name, time.GetElapsedTime(started, first));
        metrics.OnAttempt(route, prompt.Model, backend.Name, time.GetElapsedTime(started), text.Statistics, failure?.Kind);
    }

    private void Record(ClaimedPrompt prompt, string backend, AttemptOutcome outcome, AttemptEnd end)
    {
        if (end is AttemptEnd.Completed or AttemptEnd.Failed or AttemptEnd.Requeued)
            trends.OnEnded(new(time.GetUtcNow(), prompt.Model, backend, end != AttemptEnd.Requeued, end != AttemptEnd.Completed,
                prompt.StartedAt - prompt.Queued?.CreatedAt, outcome.Duration, outcome.Result.Statistics));
    }

    /// <summary>
    /// Whether clients of any process may follow its answer in the store, as it comes: those that wait for a call at another process, and
    /// those that fetch the events of a response.
    /// </summary>
    private static bool CanBeFollowed(ClaimedPrompt prompt) => prompt.IsAwaited || prompt.Call?.Endpoint == ApiRoute.Responses.Path;

    /// <summary>The canonical name of its model; empty: it names none.</summary>
    private string ModelOf(ClaimedPrompt prompt) => ModelName.Canonical(prompt.Model ?? options.Model);

    private async Task<OllamaException?> TryAsync(ClaimedPrompt prompt, Backend backend, EarlyCall? early, GeneratedText text,
        ResponseBuffer? response, Activity? span, CancellationToken stop)
    {
        using var call = PromptTraces.Call(span, RouteOf(prompt), ModelOf(prompt), backend.Name);
        try
        {
            if (backend.State.IsExcluded(ModelOf(prompt)))
                return OllamaFailures.OfMissingModel(prompt.Model ?? options.Model);
            await attempts.RunAsync(prompt, backend.Client, early, text, response, stop);
            PromptTraces.SetResult(call, text.Statistics, null);
            return null;
        }
        catch (OllamaException failure)
        {
            PromptTraces.SetResult(call, text.Statistics, failure.Message);
            return failure;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            // A bug here, or a bad row, and not Ollama's fault. It counts as an attempt, so that the prompt does not run for ever.
            return new OllamaException(FailureKind.Transient, exception.Message, exception);
        }
    }
}
