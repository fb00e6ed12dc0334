using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api;

/// <summary>
/// Answers what no endpoint takes: preflights, wrong methods, routes that are refused and unknown ones. Where the path is one of an API's,
/// the answer has the form of that API's errors.
/// </summary>
public sealed class UnmatchedHandler(RouteTable endpoints)
{
    /// <summary>
    /// 204 to OPTIONS, 405 with <c>Allow</c> where the route has other methods, what <see cref="RefusedRoutes"/> says of it, else 404.
    /// </summary>
    public Task<IResult> UnmatchedAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path);
        var allowed = endpoints.MethodsOf(path);
        if (allowed.Count > 0)
            context.Response.Headers.Allow = string.Join(", ", allowed);
        ApiError.UseThatOf(context);
        return Task.FromResult<IResult>(
            HttpMethods.IsOptions(method) ? TypedResults.NoContent()
            : allowed.Count > 0 ? ApiError.Of(context, StatusCodes.Status405MethodNotAllowed,
                $"{path} cannot be asked with {method}, but with {string.Join(", ", allowed)}.")
            : RefusedRoutes.Find(path) is (var status, var why) ? ApiError.Of(context, status, $"{path} {why}")
            : ApiError.Of(context, StatusCodes.Status404NotFound, $"There is no route {path}."));
    }
}
