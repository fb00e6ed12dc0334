namespace OllamaProxy.Simulator.Http;

/// <summary>
/// Sends CORS headers to known origins, as Ollama does. A proxy with CORS rules of its own must not forward these headers.
/// </summary>
internal static class Cors
{
    private const string AllowedHeaders =
        "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,X-Stainless-Async,"
        + "X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,"
        + "X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout";

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var origin = context.Request.Headers.Origin;
        if (origin.Count == 0 || origin == $"http://{context.Request.Host}")
        {
            await next(context);
            return;
        }

        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.Vary = "Origin";
        await next(context);
        if (!HttpMethods.IsOptions(context.Request.Method)) return;

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowHeaders = AllowedHeaders;
        headers.AccessControlAllowMethods = "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS";
        headers.AccessControlMaxAge = "43200";
        headers.Vary = new(["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]);
    }
}
