using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;

namespace OllamaProxy.Api;

/// <summary>
/// Checks every request before its handler runs: 421 for a host that is not served (RFC 9110, section 15.5.20), 403 for a page of another
/// site. Answers to pages that are let in get the CORS headers (https://fetch.spec.whatwg.org/#http-cors-protocol).
/// </summary>
public sealed class CallerCheck(HostPolicy hosts, OriginPolicy origins, ICorsService cors)
{
    private readonly CorsPolicy _corsPolicy = PolicyOf(origins);

    /// <summary>The answer to a request that is refused. Null: the request is let in.</summary>
    public async ValueTask<IResult?> FindRefusalAsync(HttpContext context)
    {
        var request = context.Request;
        if (!await hosts.ServesAsync(request.Headers.Host))
            return Refuse(context, StatusCodes.Status421MisdirectedRequest,
                $"This Ollama Proxy does not serve the host '{request.Headers.Host}'. To serve it, add its name to OLLAMA_PROXY_HOSTS.");
        if (!origins.Allows(request))
            return Refuse(context, StatusCodes.Status403Forbidden,
                $"Pages of '{request.Headers.Origin}' may not call this Ollama Proxy. "
                + "To let them, add the origin to OLLAMA_PROXY_CORS_ORIGINS.");
        if (request.Headers.Origin.Count > 0)
            cors.ApplyResult(cors.EvaluatePolicy(context, _corsPolicy), context.Response);
        return null;
    }

    private static IResult Refuse(HttpContext context, int status, string message)
    {
        ApiError.UseThatOf(context);
        return ApiError.Of(context, status, message);
    }

    private static CorsPolicy PolicyOf(OriginPolicy origins)
    {
        var policy = new CorsPolicyBuilder()
            .AllowAnyHeader()
            .AllowAnyMethod()
            .WithExposedHeaders(HeaderNames.Location, HeaderNames.RetryAfter, CompletionWaiter.Applied, CallHandlers.PromptId)
            .SetPreflightMaxAge(TimeSpan.FromHours(12));
        return (origins.AllowsAll ? policy.AllowAnyOrigin() : policy.SetIsOriginAllowed(_ => true)).Build();
    }
}
