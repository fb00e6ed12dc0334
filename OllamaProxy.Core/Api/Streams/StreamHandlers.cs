using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Streams;

/// <summary>The API that tells clients of what happens, as it happens.</summary>
public sealed class StreamHandlers(OwnPrompts own, PromptStream promptStream, QueueStream queueStream)
{
    /// <summary>
    /// The events of a prompt, from the one on that <c>Last-Event-ID</c> or <c>last_event_id</c> names: 200; 204 where the client
    /// has them all, or 404.
    /// </summary>
    public async Task<IResult> PromptAsync(HttpContext context)
    {
        if (await own.FindAsync(context) is not { } prompt)
            return Problems.UnknownPrompt(RouteId.Text(context));
        var position = StreamPosition.Read(LastEventId(context.Request));
        return position.Done && prompt.Status.HasEnded() && position.Attempt == StreamPosition.AttemptOf(prompt)
            ? TypedResults.NoContent()
            : promptStream.From(prompt, position);
    }

    /// <summary>The events of the whole queue, as far as they are the caller's business, without an end: 200.</summary>
    public Task<IResult> QueueAsync(HttpContext context) => Task.FromResult(queueStream.FromNow(context.Caller()));

    /// <summary>A browser that comes back sends the header, and still has what the address said when it came first.</summary>
    private static string LastEventId(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : request.Query["last_event_id"].ToString();
}
