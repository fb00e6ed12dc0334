using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>
/// Answers calls on the connections on which their clients wait. When a client goes away, the host gives up or the program ends,
/// its prompt is cancelled: nothing is run for somebody who is gone.
/// </summary>
public sealed class CallConnections(
    PromptQueue queue,
    LiveResponses liveResponses,
    OpenConnections open,
    HostLimits limits,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<CallConnections> logger)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>The answer to the call that has become this prompt.</summary>
    public IResult AnswerTo(Prompt prompt) => new Answer(this, prompt);

    private async Task RunAsync(HttpContext context, Prompt prompt)
    {
        using var kept = open.Keep(prompt.Seq);
        using var watch = queue.WatchText(prompt);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var isSettled = false;
        try
        {
            isSettled = await AnswerAsync(context, prompt, watch, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            if (!context.RequestAborted.IsCancellationRequested)
                await RefuseAsync(context, "Ollama Proxy is shutting down.");
        }
        finally
        {
            if (!isSettled)
                await CancelAsync(prompt);
        }
    }

    /// <summary>Answers, and returns whether the prompt needs nothing any more.</summary>
    private async Task<bool> AnswerAsync(HttpContext context, Prompt prompt, PromptWatch watch, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            if (liveResponses.Find(prompt.Seq) is { } live)
            {
                if (live.TryTake())
                    return await RelayAsync(context, live, watch, cancellationToken);
            }
            else if (await queue.FindAsync(prompt.Id, cancellationToken) is not { } now)
            {
                await CallOutcome.Deleted(context).ExecuteAsync(context);
                return true;
            }
            else if (now.Status.HasEnded())
            {
                await CallOutcome.Of(context, now, await queue.FindResponseAsync(now.Id, cancellationToken)).ExecuteAsync(context);
                return true;
            }

            var left = limits.LongestSilence - time.GetElapsedTime(started) ?? LongestWait;
            if (left <= TimeSpan.Zero)
            {
                await RefuseAsync(context, $"There was no answer within {limits.LongestSilence!.Value.TotalSeconds:0} seconds, which is as long as this host lets a client wait, and the prompt was cancelled. For long waits run OllamaProxy.Server, or ask with the header Prefer: respond-async.");
                return false;
            }
            await watch.WaitAsync(left < LongestWait ? left : LongestWait, time, cancellationToken);
        }
    }

    /// <summary>Sends what comes, as it comes, and returns whether that was all of it.</summary>
    private async Task<bool> RelayAsync(HttpContext context, LiveResponse live, PromptWatch watch, CancellationToken cancellationToken)
    {
        var output = context.Response.BodyWriter;
        CallResponseAnswer.WriteHead(context.Response, live.Status, live.Headers);
        for (var offset = 0; ;)
        {
            // To be looked at first: what is shown with the end is copied then.
            var hasEnded = live.HasEnded;
            if (hasEnded && live.IsWhole && offset == 0)
                context.Response.ContentLength = live.Bytes.Length;
            var copied = live.CopyTo(offset, output);
            offset += copied;
            if (copied > 0)
                await output.FlushAsync(cancellationToken);
            if (hasEnded)
                break;
            if (copied == 0)
                await watch.WaitAsync(LongestWait, time, cancellationToken);
        }
        // As with Ollama, it is the broken connection that tells of an answer that broke off.
        if (!live.IsWhole)
            context.Abort();
        return live.IsWhole;
    }

    private static async Task RefuseAsync(HttpContext context, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.Headers.RetryAfter = RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await ApiError.Of(context, StatusCodes.Status503ServiceUnavailable, message).ExecuteAsync(context);
    }

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

    private sealed class Answer(CallConnections connections, Prompt prompt) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => connections.RunAsync(httpContext, prompt);
    }
}
