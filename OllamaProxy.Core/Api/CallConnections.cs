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
    HostLimits limits,
    OllamaProxyOptions options,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<CallConnections> logger)
{
    /// <summary>
    /// How often the store is looked at for what nobody tells of: that others have cancelled the prompt or deleted it or, where this
    /// process only serves, have run it.
    /// </summary>
    private readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(options.Worker ? 1 : 0.25);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>The answer to the call that has become this prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="wait">For its answer, since before it was submitted; disposed of with this answer.</param>
    public IResult AnswerTo(Prompt prompt, ResponseWait wait) => new Answer(this, prompt, wait);

    private async Task RunAsync(HttpContext context, Prompt prompt, ResponseWait wait)
    {
        using var _ = wait;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var isSettled = false;
        try
        {
            isSettled = await AnswerAsync(context, prompt, wait, either.Token);
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
    private async Task<bool> AnswerAsync(HttpContext context, Prompt prompt, ResponseWait wait, CancellationToken cancellationToken)
    {
        // All that there is to wait for tells the wait: to wait for it costs next to nothing then, and every token does.
        using var gone = cancellationToken.UnsafeRegister(static wait => ((ResponseWait)wait!).Tell(), wait);
        var (isLookDue, isOver) = (false, false);
        await using var looks = time.CreateTimer(_ => { Volatile.Write(ref isLookDue, true); wait.Tell(); }, null, _lookInterval, Timeout.InfiniteTimeSpan);
        await using var end = limits.LongestSilence is { } longest
            ? time.CreateTimer(_ => { Volatile.Write(ref isOver, true); wait.Tell(); }, null, longest, Timeout.InfiniteTimeSpan) : null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var live = wait.Current;
            if (live?.TryTake() is true)
                return await RelayAsync(context, live, wait, cancellationToken);
            if (live?.HasEnded is true || Volatile.Read(ref isLookDue))
            {
                if (await LookAsync() is { } outcome)
                {
                    await outcome.ExecuteAsync(context);
                    return true;
                }
                Volatile.Write(ref isLookDue, false);
                looks.Change(_lookInterval, Timeout.InfiniteTimeSpan);
            }

            if (Volatile.Read(ref isOver))
            {
                await RefuseAsync(context, $"There was no answer within {limits.LongestSilence!.Value.TotalSeconds:0} seconds, which is as long as this host lets a client wait, and the prompt was cancelled. For long waits run OllamaProxy.Server, or ask with the header Prefer: respond-async.");
                return false;
            }
            await wait.WaitAsync();

            async Task<IResult?> LookAsync()
            {
                try
                {
                    return await FindOutcomeAsync(context, prompt, cancellationToken);
                }
                catch (StoreException) when (live?.HasEnded is false)
                {
                    // It is being run, and what comes of that comes from there: a store that is not to be asked must not end it.
                    return null;
                }
            }
        }
    }

    /// <summary>What became of the prompt, by the store; null: it has not ended.</summary>
    private async Task<IResult?> FindOutcomeAsync(HttpContext context, Prompt prompt, CancellationToken cancellationToken)
    {
        if (await queue.FindAsync(prompt.Id, cancellationToken) is not { } now)
            return CallOutcome.Deleted(context);
        return now.Status.HasEnded() ? CallOutcome.Of(context, now, await queue.FindResponseAsync(now.Id, cancellationToken)) : null;
    }

    /// <summary>Sends what comes, as it comes, and returns whether that was all of it.</summary>
    private static async Task<bool> RelayAsync(HttpContext context, LiveResponse live, ResponseWait wait, CancellationToken cancellationToken)
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
                await output.FlushToReaderAsync(cancellationToken);
            if (hasEnded)
                break;
            if (copied > 0)
                continue;
            await wait.WaitAsync();
            cancellationToken.ThrowIfCancellationRequested();
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

    private sealed class Answer(CallConnections connections, Prompt prompt, ResponseWait wait) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => connections.RunAsync(httpContext, prompt, wait);
    }
}
