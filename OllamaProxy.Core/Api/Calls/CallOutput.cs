using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Calls;

/// <summary>
/// The answer to a call, as it goes to its client. Where its head has to go out before Ollama has answered, its status is 200, its form
/// is the one that the call asks for, and an error from then on stands at its end (<see cref="LateError"/>).
/// </summary>
/// <param name="context">The request.</param>
/// <param name="contentType">The form that the call asks for; null: no heartbeat is to be sent.</param>
internal sealed class CallOutput(HttpContext context, string? contentType)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private ResponseBuffer? _relayed;

    /// <summary>
    /// Sends bytes that every client ignores before an answer, and that keep clients and proxies from giving up: comments in a stream of
    /// events, and white space before JSON, be it the only one or the first line of many (RFC 8259, section 2).
    /// </summary>
    public async Task SendHeartbeatAsync(CancellationToken cancellationToken)
    {
        if (!context.Response.HasStarted)
        {
            (context.Response.StatusCode, context.Response.ContentType) = (StatusCodes.Status200OK, contentType);
            ProxyBuffering.Disable(context.Response);
        }
        context.Response.BodyWriter.Write(LateError.IsEventStream(context.Response) ? ": waiting\n\n"u8 : " "u8);
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>Sends what comes, as it comes, and returns whether that was all of it.</summary>
    public async Task<bool> RelayAsync(ResponseBuffer live, ResponseSubscription wait, CancellationToken cancellationToken)
    {
        if (context.Response.HasStarted && live.Status >= StatusCodes.Status400BadRequest)
        {
            // Of such an answer nothing is shown before all of it is there.
            await LateError.WriteAsync(context, live.Status, OllamaFailures.OfAnswer(live.Status, TextOf(live), null).Message);
            return true;
        }
        var output = context.Response.BodyWriter;
        _relayed = live;
        if (!context.Response.HasStarted)
        {
            CallResponseResult.WriteHead(context.Response, live.Status, live.Headers);
            CallHandlers.SetTruncatedTo(context, live.TruncatedTo);
        }
        for (var offset = 0; ;)
        {
            // To be looked at first: what is shown with the end is copied then.
            var hasEnded = live.HasEnded;
            if (hasEnded && live.IsWhole && offset == 0 && !context.Response.HasStarted)
                context.Response.ContentLength = live.Bytes.Length;
            if (offset == 0 && !context.Response.HasStarted)
                ProxyBuffering.DisableForStream(context.Response);
            var before = offset;
            for (int copied; (copied = live.CopyTo(offset, output)) > 0; offset += copied)
                await output.FlushToReaderAsync(cancellationToken);
            if (hasEnded)
                return live.IsWhole;
            if (offset > before)
                continue;
            await wait.WaitAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Tells what became of the prompt, which has ended; null: it was deleted.</summary>
    public async Task TellOutcomeAsync(Prompt? prompt, StoredResponse? response)
    {
        if (!context.Response.HasStarted)
            await (prompt is null ? CallOutcome.Deleted(context) : CallOutcome.Of(context, prompt, response)).ExecuteAsync(context);
        else if (response is { Status: < StatusCodes.Status400BadRequest })
            await context.Response.BodyWriter.WriteAsync(response.Body.Pieces, context.RequestAborted);
        else if (prompt is null)
            await LateError.WriteAsync(context, StatusCodes.Status410Gone, CallOutcome.DeletedMessage);
        else
            await LateError.WriteAsync(context, response?.Status ?? CallOutcome.StatusOf(prompt), CallOutcome.MessageOf(prompt));
    }

    /// <summary>Tells that there will be no answer, or no more of it, and that it is no fault of the call's.</summary>
    public async Task RefuseAsync(string message)
    {
        if (context.Response.HasStarted)
        {
            await LateError.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, message, EventsSent());
            return;
        }
        context.Response.Headers.RetryAfter = RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await ApiError.Of(context, StatusCodes.Status503ServiceUnavailable, message).ExecuteAsync(context);
    }

    private int EventsSent() => _relayed is { } live ? TextOf(live).Split("\"sequence_number\":").Length - 1 : 0;

    private static string TextOf(ResponseBuffer live)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (live.CopyTo(bytes.WrittenCount, bytes) > 0)
        {
            // It comes in pieces.
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
