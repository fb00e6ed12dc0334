using System.Text;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Tests.Protocol.Dialects;

/// <summary>How the tests reach the reading and writing of each API's answers: the one place to change with its types.</summary>
internal static class Answers
{
    /// <summary>A part of an answer that comes in parts; null: it says nothing that can be read.</summary>
    public static OutputChunk? Part(ApiRoute route, string json) => CallAnswer.ReadPart(route, Encoding.UTF8.GetBytes(json));

    public static OutputChunk Whole(ApiRoute route, string json) => CallAnswer.ReadWhole(route, Encoding.UTF8.GetBytes(json));

    /// <summary>An error of this program's own on a route, as the body of an answer.</summary>
    public static string Error(ApiRoute route, int status, string message) =>
        Encoding.UTF8.GetString(route.Dialect.WriteError(status, message));

    /// <summary>The same amid an answer, as a line or an event of it.</summary>
    public static async Task<string> LateErrorAsync(ApiRoute route, string contentType, int status, string message, int eventsBefore = 0)
    {
        using var body = new MemoryStream();
        var context = ContextOf(route);
        context.Response.Body = body;
        context.Response.ContentType = contentType;
        await LateError.WriteAsync(context, status, message, eventsBefore);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    /// <summary>What was said, thought and went wrong, in few words.</summary>
    public static (string? Text, string? Thinking, bool Done, string? Reason, string? Error) Said(OutputChunk? chunk) =>
        chunk is null ? default : (chunk.Response, chunk.Thinking, chunk.Done, chunk.DoneReason, chunk.Error);

    private static DefaultHttpContext ContextOf(ApiRoute route)
    {
        var context = new DefaultHttpContext();
        ApiError.Use(context, route.Dialect);
        return context;
    }
}
