using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Streams;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Api.Errors;

/// <summary>
/// An error of an answer whose head has gone out, so that its status can no longer tell of it: a line or an event of the answer, in the
/// shape that the API of the route has for it.
/// </summary>
internal static class LateError
{
    /// <summary>Writes the error as the last of the answer, and sends it.</summary>
    /// <param name="context">The request, whose answer is between two lines or events.</param>
    /// <param name="status">The status that the answer would have otherwise.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="eventsBefore">How many events the client has got, which those of <c>/v1/responses</c> count.</param>
    public static async Task WriteAsync(HttpContext context, int status, string message, int eventsBefore = 0)
    {
        // Only routes of another's API begin an answer before they know how it ends.
        var dialect = ApiError.DialectOf(context) ?? Dialect.Ollama;
        await context.Response.BodyWriter.WriteAsync(
            IsEventStream(context.Response) ? dialect.WriteErrorEvent(status, message, eventsBefore)
                : [.. dialect.WriteError(status, message), (byte)'\n'],
            context.RequestAborted);
    }

    public static bool IsEventStream(HttpResponse response) =>
        response.ContentType?.StartsWith(EventStream.MediaType, StringComparison.OrdinalIgnoreCase) is true;
}
