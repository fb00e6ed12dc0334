using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Streams;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Errors;

/// <summary>
/// An error of an answer whose head has gone out, so that its status can no longer tell of it: a line or an event of the answer, in the
/// shape in which the API of the route tells of errors there.
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
        var output = context.Response.BodyWriter;
        if (!IsEventStream(context.Response))
        {
            output.Write(ApiError.Json(context, status, message));
            output.Write("\n"u8);
        }
        else
        {
            var isOfResponses = context.Request.Path == ApiRoute.Responses.Path;
            if (isOfResponses || ApiError.FamilyOf(context) == ApiFamily.Anthropic)
                output.Write("event: error\n"u8);
            output.Write("data: "u8);
            output.Write(isOfResponses ? OfResponses(message, eventsBefore) : ApiError.Json(context, status, message));
            output.Write("\n\n"u8);
        }
        await output.FlushAsync(context.RequestAborted);
    }

    public static bool IsEventStream(HttpResponse response) =>
        response.ContentType?.StartsWith(EventStream.MediaType, StringComparison.OrdinalIgnoreCase) is true;

    private static byte[] OfResponses(string message, int sequenceNumber) =>
        JsonSerializer.SerializeToUtf8Bytes(new ResponsesErrorEvent(message, sequenceNumber), ApiJson.Relaxed.ResponsesErrorEvent);
}
