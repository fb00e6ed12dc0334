using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OllamaProxy.Api.Streams;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Calls;

/// <summary>Ollama's response to a call, as it came.</summary>
internal sealed class CallResponseResult(ApiResponse response) : IResult
{
    /// <summary>
    /// The policy of what is not JSON, NDJSON or events: a page that a backend makes up is shown on the origin of this program, where it
    /// may neither run nor load anything.
    /// </summary>
    private const string Sandbox = "sandbox; default-src 'none'";

    private static readonly string[] DataTypes =
        ["application/json", "application/problem+json", "application/x-ndjson", EventStream.MediaType];

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        // Older versions stored whatever status there was. One that no answer can have is a bad gateway's.
        var isEmpty = response.Body.IsEmpty;
        var status = CanBeSent(response.Status, isEmpty) ? response.Status : StatusCodes.Status502BadGateway;
        WriteHead(httpContext.Response, status, response.Headers);
        if (OddHead.CanHaveBody(status))
            httpContext.Response.ContentLength = response.Body.Length;
        ProxyBuffering.DisableForStream(httpContext.Response);
        if (!isEmpty && !HttpMethods.IsHead(httpContext.Request.Method))
            await httpContext.Response.BodyWriter.WriteAsync(response.Body, httpContext.RequestAborted);
    }

    /// <summary>Whether that status can be sent with such a body.</summary>
    public static bool CanBeSent(int status, bool isEmpty) => OddHead.CanHaveBody(status) || (isEmpty && status is 204 or 205 or 304);

    /// <summary>Writes the status, and of the headers those that are for clients, also of what older versions stored.</summary>
    public static void WriteHead(HttpResponse target, int status, HeaderList headers)
    {
        target.StatusCode = status;
        foreach (var (name, value) in HeaderFilter.ForClient(headers.All).All)
            target.Headers[name] = StringValues.Concat(target.Headers[name], value);
        if (!IsData(target.ContentType))
            target.Headers.ContentSecurityPolicy = Sandbox;
    }

    /// <summary>Whether it is JSON, lines of it or events, of which a browser makes no page.</summary>
    private static bool IsData(string? contentType)
    {
        var type = contentType?.Split(';')[0].Trim();
        return Array.Exists(DataTypes, data => data.Equals(type, StringComparison.OrdinalIgnoreCase));
    }
}
