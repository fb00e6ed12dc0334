using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api;

/// <summary>Answers what no endpoint takes: preflights, wrong methods and unknown routes.</summary>
public sealed class UnmatchedHandler(RouteTable endpoints)
{
    /// <summary>204 to OPTIONS, 405 with <c>Allow</c> where the route has other methods, else 404.</summary>
    public Task<IResult> UnmatchedAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path);
        var allowed = endpoints.MethodsOf(path);
        if (allowed.Count > 0)
            context.Response.Headers.Allow = string.Join(", ", allowed);
        return Task.FromResult<IResult>(
            HttpMethods.IsOptions(method) ? TypedResults.NoContent()
            : allowed.Count > 0 ? Problems.MethodNotAllowed(method, path, allowed)
            : Problems.NotFound($"There is no route {path}."));
    }
}
