using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Http;

/// <summary>Ids as OpenAI and Anthropic have them: what the thing is, and a UUID without its hyphens.</summary>
internal static class PrefixedId
{
    public const string File = "file-";

    /// <summary>The id as clients see it.</summary>
    public static string Of(string prefix, Guid id) => $"{prefix}{id:N}";

    /// <summary>The UUID of an id; null: nothing has such an id.</summary>
    public static Guid? Parse(string prefix, string? id) =>
        id is not null && id.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(id.AsSpan(prefix.Length), "N", out var uuid)
            ? uuid : null;

    /// <summary>The UUID of the id in the route; null as above.</summary>
    public static Guid? InRoute(HttpContext context, string prefix) => Parse(prefix, RouteId.Text(context));
}
