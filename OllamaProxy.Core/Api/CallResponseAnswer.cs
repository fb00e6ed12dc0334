using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>Ollama's response to a call, as it came.</summary>
internal sealed class CallResponseAnswer(CallResponse response) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        WriteHead(httpContext.Response, response.Status, response.Headers);
        httpContext.Response.ContentLength = response.Body.Length;
        ProxyBuffering.DisableForStream(httpContext.Response);
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await httpContext.Response.BodyWriter.WriteAsync(response.Body, httpContext.RequestAborted);
    }

    public static void WriteHead(HttpResponse target, int status, HeaderList headers)
    {
        target.StatusCode = status;
        foreach (var (name, value) in headers.All)
            target.Headers[name] = StringValues.Concat(target.Headers[name], value);
    }
}
