using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Access;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;

namespace OllamaProxy.Api.Callers;

/// <summary>
/// Checks every request before its handler runs: 403 for a page of another site; where no key is needed, 421 for a host that is not served
/// (RFC 9110, section 15.5.20), and else 401 without a key that is known and 403 where it is not an admin's but must be. Answers to pages
/// that are let in get the CORS headers (https://fetch.spec.whatwg.org/#http-cors-protocol).
/// </summary>
public sealed class CallerCheck(RouteTable routes, CallerReader callers, HostPolicy hosts, OriginPolicy origins, ICorsService cors)
{
    internal const string UnknownKey = "This API key is not known here.";

    private readonly CorsPolicy _corsPolicy = PolicyOf(origins);

    /// <summary>The answer to a request that is refused. Null: it is let in, and its caller is known.</summary>
    /// <param name="context">The request.</param>
    /// <param name="handler">What would answer it.</param>
    public async ValueTask<IResult?> FindRefusalAsync(HttpContext context, Handler handler)
    {
        var request = context.Request;
        // A page that has no key cannot do anything, by whatever name it calls this host.
        if (!callers.NeedsKey && !await hosts.ServesAsync(request.Headers.Host))
            return Refuse(context, StatusCodes.Status421MisdirectedRequest,
                $"This Ollama Proxy does not serve the host '{request.Headers.Host}'. To serve it, add its name to OLLAMA_PROXY_HOSTS.");
        if (!origins.Allows(request))
            return Refuse(context, StatusCodes.Status403Forbidden,
                $"Pages of '{request.Headers.Origin}' may not call this Ollama Proxy. "
                + "To let them, add the origin to OLLAMA_PROXY_CORS_ORIGINS.");
        if (request.Headers.Origin.Count > 0)
            cors.ApplyResult(cors.EvaluatePolicy(context, _corsPolicy), context.Response);
        try
        {
            return FindRefusalOfCaller(context, HttpMethods.IsOptions(request.Method) ? RouteAccess.Open : routes.AccessOf(handler));
        }
        catch (ProblemException problem)
        {
            return Refuse(context, problem.Status, problem.Message);
        }
    }

    /// <summary>401, with what has to be sent. Browsers must not ask for a password themselves, so <c>Basic</c> is not named.</summary>
    internal static IResult Unauthorized(HttpContext context, string message)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Ollama Proxy\"";
        return Refuse(context, StatusCodes.Status401Unauthorized, message);
    }

    private IResult? FindRefusalOfCaller(HttpContext context, RouteAccess access)
    {
        var caller = callers.Read(context, out var isCookie);
        context.SetCaller(caller ?? Caller.Nobody);
        if (access == RouteAccess.Open)
            return null;
        if (caller is null)
            return Unauthorized(context, Credentials.Of(context.Request).Any() ? UnknownKey
                : "An API key is needed here. Send it as 'Authorization: Bearer KEY' or as 'X-API-Key: KEY'.");
        if (isCookie && !IsRead(context.Request.Method) && !OriginPolicy.IsOwn(context.Request))
            return Refuse(context, StatusCodes.Status403Forbidden,
                "With the key of the pages' cookie, only this server's own pages may change anything. Send the key in a header.");
        if (access == RouteAccess.Admin && !caller.IsAdmin)
            return Refuse(context, StatusCodes.Status403Forbidden, $"{context.Request.Path} needs the key of an admin.");
        return null;
    }

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

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
            .WithExposedHeaders(HeaderNames.Location, HeaderNames.RetryAfter, CompletionWaiter.Applied, CallHandlers.PromptId,
                CallHandlers.TruncatedTo, RateLimitHeaders.Policy, RateLimitHeaders.Limit)
            .SetPreflightMaxAge(TimeSpan.FromHours(12));
        return (origins.AllowsAll ? policy.AllowAnyOrigin() : policy.SetIsOriginAllowed(_ => true)).Build();
    }
}
