using System.Text;

namespace OllamaProxy.Simulator.Http;

/// <summary>Writes answers that are not JSON.</summary>
internal static class PlainReply
{
    /// <summary>Writes Ollama's text for an unknown route (404) or method (405).</summary>
    public static Task StatusAsync(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => TextAsync(context, "text/plain", "404 page not found"),
        StatusCodes.Status405MethodNotAllowed => TextAsync(context, "text/plain", "405 method not allowed"),
        _ => Task.CompletedTask,
    };

    public static Task TextAsync(HttpContext context, string contentType, string text)
    {
        var response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = Encoding.UTF8.GetByteCount(text);
        return response.WriteAsync(text, context.RequestAborted);
    }
}
