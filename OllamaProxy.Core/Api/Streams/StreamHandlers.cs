using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Streams;

/// <summary>The API that tells clients of what happens, as it happens.</summary>
public sealed class StreamHandlers(IPromptReader reader, PromptStream promptStream, QueueStream queueStream)
{
    /// <summary>
    /// The events of a prompt, from the one on that <c>Last-Event-ID</c> or <c>last_event_id</c> names: 200; 204 where the client
    /// has them all, or 404.
    /// </summary>
    public async Task<IResult> PromptAsync(HttpContext context)
    {
        if (RouteId.Uuid(context) is not { } id || await reader.FindAsync(id, context.RequestAborted) is not { } prompt)
            return Problems.UnknownPrompt(RouteId.Text(context));
        var position = StreamPosition.Read(LastEventId(context.Request));
        return position.Done && prompt.Status.HasEnded() && position.Attempt == StreamPosition.AttemptOf(prompt)
            ? TypedResults.NoContent()
            : promptStream.From(prompt, position);
    }

    /// <summary>The events of the whole queue, without an end: 200.</summary>
    public Task<IResult> QueueAsync(HttpContext context) => Task.FromResult(queueStream.FromNow());

    /// <summary>A browser that comes back sends the header, and still has what the address said when it came first.</summary>
    private static string LastEventId(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : request.Query["last_event_id"].ToString();
}
