using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Http;

/// <summary>The id in a route.</summary>
internal static class RouteId
{
    /// <summary>As it stands in the route, for messages.</summary>
    public static string? Text(HttpContext context) => context.Request.RouteValues["id"]?.ToString();

    /// <summary>As a UUID in its usual form; null: it is none, so that nothing has it.</summary>
    public static Guid? Uuid(HttpContext context) => Guid.TryParseExact(Text(context), "D", out var uuid) ? uuid : null;
}
