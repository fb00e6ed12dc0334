using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Http;

/// <summary>
/// The headers <c>RateLimit-Policy</c> and <c>RateLimit</c> of the IETF's draft (draft-ietf-httpapi-ratelimit-headers): the limits of the
/// caller, and what is left of each.
/// </summary>
internal static class RateLimitHeaders
{
    public const string Policy = "RateLimit-Policy";
    public const string Limit = "RateLimit";

    /// <summary>Sets both; null: nothing was counted.</summary>
    public static void Set(HttpContext context, OwnerLimits limits, OwnerUse? use)
    {
        if (use is null)
            return;
        var states = use.Against(limits).ToList();
        context.Response.Headers[Policy] = string.Join(", ", states.Select(PolicyOf));
        context.Response.Headers[Limit] = string.Join(", ", states.Select(LimitOf));
    }

    private static string PolicyOf(LimitState state) => string.Create(CultureInfo.InvariantCulture,
        $"\"{state.Name}\";q={state.Quota}{(state.Window is { } window ? $";w={(long)window.TotalSeconds}" : "")}");

    private static string LimitOf(LimitState state) => string.Create(CultureInfo.InvariantCulture,
        $"\"{state.Name}\";r={state.Remaining}{(state.ResetIn is { } reset ? $";t={(long)Math.Ceiling(reset.TotalSeconds)}" : "")}");
}
