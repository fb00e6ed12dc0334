using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>
/// Treats several slashes in a row as one, since clients whose base address ends in a slash send such paths. A folded path is looked up in
/// the route table again, whatever route the host chose.
/// </summary>
public sealed class FoldedPaths(RouteTable endpoints, UnmatchedHandler unmatched)
{
    /// <summary>The handler of a request, whose path is folded.</summary>
    /// <param name="context">The request.</param>
    /// <param name="routed">The handler that the host chose, which stays if there is nothing to fold.</param>
    public Handler HandlerOf(HttpContext context, Handler routed)
    {
        if (context.Request.Path.Value?.Contains("//", StringComparison.Ordinal) is not true)
            return routed;
        context.Request.Path = Fold(context.Request.Path.Value);
        return endpoints.Match(context.Request) ?? unmatched.UnmatchedAsync;
    }

    private static string Fold(string path)
    {
        while (path.Contains("//", StringComparison.Ordinal))
            path = path.Replace("//", "/", StringComparison.Ordinal);
        return path;
    }
}
