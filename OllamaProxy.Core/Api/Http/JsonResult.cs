using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Http;

/// <summary>
/// Small resources as JSON, written in one piece with their length, which takes half of what a stream of chunks does. For
/// large ones there is <see cref="TypedResults"/>.
/// </summary>
internal static class JsonResult
{
    /// <summary>How what is written by hand is written: texts as they are.</summary>
    public static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public const string MediaType = "application/json; charset=utf-8";

    public static IResult Of<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string contentType = MediaType) =>
        new Answer(JsonSerializer.SerializeToUtf8Bytes(value, type), status, contentType);

    /// <summary>What has been written already.</summary>
    public static IResult Of(ReadOnlyMemory<byte> body, int status = StatusCodes.Status200OK, string contentType = MediaType) =>
        new Answer(body, status, contentType);

    private sealed record Answer(ReadOnlyMemory<byte> Body, int Status, string ContentType) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = Status;
            httpContext.Response.ContentType = ContentType;
            httpContext.Response.ContentLength = Body.Length;
            if (!HttpMethods.IsHead(httpContext.Request.Method))
                await httpContext.Response.BodyWriter.WriteAsync(Body, httpContext.RequestAborted);
        }
    }
}
