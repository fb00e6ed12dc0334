using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Live;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Worker;

namespace OllamaProxy.Api.Calls;

/// <summary>
/// Answers calls on the connections on which their clients wait. When a client goes away, the host gives up or the program ends
/// before the answer does, its prompt is cancelled: nothing is run for somebody who is gone.
/// </summary>
public sealed class CallResponder(
    PromptQueue queue,
    IPromptReader reader,
    AttemptOutputs outputs,
    HostLimits limits,
    WorkerIdentity identity,
    QueueWorker worker,
    OllamaProxyOptions options,
    Shutdown shutdown,
    TimeProvider time,
    ILogger<CallResponder> logger)
{
    /// <summary>What clients are told at a shutdown.</summary>
    internal const string ShuttingDown = "Ollama Proxy is shutting down.";

    private const string BegunElsewhere =
        "This process stood still for longer than a lease, and another process had begun the prompt, and stopped it since the client "
        + "seemed to be gone. Send the call again.";

    /// <summary>
    /// How often the store is looked at for what nobody tells of: that others have cancelled the prompt or deleted it.
    /// </summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The lease of a client that waits on a connection to this process. Its call is run here, unless no prompts are run here: then any
    /// process may run it, and its answer comes by way of the store.
    /// </summary>
    public ClientLease LeaseHere() => new(worker.IsActive ? identity.Token : null, options.LeaseLength);

    /// <summary>The answer to the call that has become this prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="lease">The client's lease.</param>
    /// <param name="contentType">The form in which the call asks to be answered; null: its answer does not begin before Ollama's.</param>
    /// <param name="wait">For its answer, since before it was submitted; disposed of with this answer.</param>
    public IResult AnswerTo(Prompt prompt, ClientLease lease, string? contentType, ResponseSubscription wait) =>
        new Answer(this, new(prompt, lease, wait), contentType);

    private async Task RunAsync(HttpContext context, WaitingCall call, string? contentType)
    {
        var (prompt, lease, wait) = call;
        using var _ = wait;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, shutdown.Cut);
        var output = new CallOutput(context, contentType);
        var (isAnswered, refusing) = (false, Task.CompletedTask);
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(linked.Token);
        var following = lease.Worker is null
            ? new ResponseFollower(reader, outputs, prompt, wait, time).RunAsync(answered.Token) : Task.CompletedTask;
        try
        {
            isAnswered = await AnswerAsync(context, output, call, linked.Token);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            if (!context.RequestAborted.IsCancellationRequested)
                refusing = output.RefuseAsync(ShuttingDown);
        }
        catch (StoreException exception) when (context.Response.HasStarted)
        {
            logger.StoreFailed(context.Request.Method, context.Request.Path.Value, exception.Message);
            refusing = output.RefuseAsync(exception.Message);
        }
        finally
        {
            // A client that does not read holds up its own refusal, but not its prompt's end.
            if (!isAnswered)
                await CancelAsync(prompt);
            await answered.CancelAsync();
            await Task.WhenAll(refusing, following);
        }
    }

    /// <summary>Answers, and returns whether the prompt needs nothing any more.</summary>
    private async Task<bool> AnswerAsync(HttpContext context, CallOutput output, WaitingCall call, CancellationToken cancellationToken)
    {
        var wait = call.Subscription;
        // All that there is to wait for tells the wait: to wait for it costs next to nothing then, and every token does.
        using var gone = cancellationToken.UnsafeRegister(static wait => ((ResponseSubscription)wait!).Notify(), wait);
        using var stopping = shutdown.Begun.UnsafeRegister(static wait => ((ResponseSubscription)wait!).Notify(), wait);
        using var look = new Reminder(LookInterval, wait.Notify, time);
        using var heartbeat = new Reminder(options.HeartbeatInterval, wait.Notify, time);
        using var end = new Reminder(limits.LongestSilence ?? TimeSpan.Zero, wait.Notify, time);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var live = wait.Current;
            if (live?.TryBeginRead() is true)
            {
                var isWhole = await output.RelayAsync(live, wait, cancellationToken);
                // As with Ollama, a broken connection is how the client learns that an answer broke off.
                if (!isWhole)
                    context.Abort();
                return isWhole;
            }
            var isStopping = shutdown.Begun.IsCancellationRequested;
            if (live?.HasEnded is true || look.IsDue || isStopping)
            {
                var state = await LookAsync(call, live, cancellationToken);
                if (state is { Now.IsAbandoned: true })
                {
                    await output.RefuseAsync(BegunElsewhere);
                    return true;
                }
                if (state is { HasEnded: true })
                {
                    await output.TellOutcomeAsync(state.Now, state.Response);
                    return true;
                }
                // Nothing is begun any more.
                if (isStopping && state is { Now.Status: PromptStatus.Queued })
                {
                    await output.RefuseAsync(ShuttingDown);
                    return false;
                }
                look.Restart();
            }
            if (heartbeat.IsDue)
            {
                await output.SendHeartbeatAsync(cancellationToken);
                heartbeat.Restart();
                end.Restart();
            }
            if (end.IsDue)
            {
                await output.RefuseAsync(NoAnswerWithin(limits.LongestSilence!.Value));
                return false;
            }
            await wait.WaitAsync();
        }
    }

    /// <summary>What the store says of the prompt; null: it cannot tell at the moment, and need not.</summary>
    private async Task<CallState?> LookAsync(WaitingCall call, ResponseBuffer? live, CancellationToken cancellationToken)
    {
        var prompt = call.Prompt;
        try
        {
            var now = await reader.FindAsync(prompt.Id, cancellationToken);
            if (now is { IsAbandoned: true })
            {
                // This process was stopped, and another could not know that the client is there. What still runs here is about to end.
                if (live?.HasEnded is false)
                    return null;
                now = await queue.ReconnectAsync(prompt.Id, call.Lease, cancellationToken);
            }
            return new(now, now?.Status.HasEnded() is true ? await reader.FindResponseAsync(now.Id, cancellationToken) : null);
        }
        catch (StoreException) when (live?.HasEnded is false)
        {
            // It is being run, and what comes of that comes from there: a store that is not to be asked must not end it.
            return null;
        }
    }

    private static string NoAnswerWithin(TimeSpan time) =>
        $"There was no answer within {time.TotalSeconds:0} seconds, which is as long as this host lets a client wait, "
        + "and the prompt was cancelled. For long waits run OllamaProxy.Server, or ask with the header Prefer: respond-async.";

    private async Task CancelAsync(Prompt prompt)
    {
        try
        {
            await queue.CancelAsync(prompt.Id, CancellationToken.None);
        }
        catch (StoreException exception)
        {
            // Then the lease of the connection runs out, with the same effect.
            logger.AbandonedNotCancelled(prompt.Id, exception.Message);
        }
    }

    /// <summary>A call's prompt as the store has it.</summary>
    /// <param name="Now">The prompt; null: it was deleted.</param>
    /// <param name="Response">Ollama's response, once the prompt has ended and if there is one.</param>
    private sealed record CallState(Prompt? Now, StoredResponse? Response)
    {
        public bool HasEnded => Now?.Status.HasEnded() is not false;
    }

    /// <summary>A call whose client waits.</summary>
    /// <param name="Prompt">The prompt that it has become.</param>
    /// <param name="Lease">The lease of its client.</param>
    /// <param name="Subscription">Its subscription to the answer.</param>
    private sealed record WaitingCall(Prompt Prompt, ClientLease Lease, ResponseSubscription Subscription);

    private sealed class Answer(CallResponder responder, WaitingCall call, string? contentType) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => responder.RunAsync(httpContext, call, contentType);
    }
}
