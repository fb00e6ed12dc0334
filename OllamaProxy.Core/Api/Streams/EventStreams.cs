using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OllamaProxy.Hosting;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Streams;

/// <summary>Answers with streams of events, and ends them when the client leaves or the program does.</summary>
public sealed class EventStreams(Shutdown shutdown, TimeProvider time, ILogger<EventStreams> logger)
{
    /// <summary>
    /// The answer that sends, but for HEAD, what <paramref name="tell"/> writes until it ends. If the store fails, the last event is a
    /// <c>problem</c>.
    /// </summary>
    internal IResult Of(Func<EventStream, CancellationToken, Task> tell) => new Answer(this, tell);

    private async Task RunAsync(HttpContext context, Func<EventStream, CancellationToken, Task> tell)
    {
        // At a shutdown the connection ends, so that the client comes back later with the id of the last event.
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, shutdown.Begun);
        var stream = EventStream.Begin(context, time);
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        try
        {
            await tell(stream, linked.Token);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            // The client has left, or its connection was closed.
        }
        catch (StoreException exception) when (!stream.IsAmidEvent)
        {
            logger.StoreFailed(context.Request.Method, context.Request.Path.Value, exception.Message);
            await stream.WriteProblemAsync(StatusCodes.Status503ServiceUnavailable, exception.Message, context.RequestAborted);
        }
    }

    private sealed class Answer(EventStreams streams, Func<EventStream, CancellationToken, Task> tell) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => streams.RunAsync(httpContext, tell);
    }
}
