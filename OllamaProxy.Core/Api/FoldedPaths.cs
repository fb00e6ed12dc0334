using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>
/// Takes several slashes in a row for one, as clients write them whose base address ends in a slash: such a path is folded and looked up
/// again in the route table, whatever the host has made of it.
/// </summary>
public sealed class FoldedPaths(ApiEndpoints endpoints, UnmatchedHandler unmatched)
{
    /// <summary>What answers a request. Where its path is folded, the request is changed to that.</summary>
    /// <param name="context">The request.</param>
    /// <param name="routed">What the host has chosen.</param>
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
