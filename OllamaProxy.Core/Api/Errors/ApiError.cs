using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Api.Errors;

/// <summary>
/// Error answers in the shape that the route's clients read: that of Ollama, OpenAI or Anthropic on their routes, and
/// <see cref="Problems"/> on all others.
/// </summary>
public static class ApiError
{
    /// <summary>Has the errors of this request answered as those of an API.</summary>
    public static void Use(HttpContext context, Dialect dialect) => context.Features.Set(new Shape(dialect));

    /// <summary>The same for a request that is refused before its handler runs: its path tells the API.</summary>
    public static void UseThatOf(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/v1/messages"))
            Use(context, Dialect.Anthropic);
        else if (path.StartsWithSegments("/v1"))
            Use(context, Dialect.OpenAI);
        else if (path.StartsWithSegments("/api") && !path.StartsWithSegments("/api/v1"))
            Use(context, Dialect.Ollama);
    }

    /// <summary>In which dialect the errors of this request are told; null: as this program's own.</summary>
    internal static Dialect? DialectOf(HttpContext context) => context.Features.Get<Shape>()?.Dialect;

    /// <summary>Any error.</summary>
    public static IResult Of(HttpContext context, int status, string message) =>
        DialectOf(context) is { } dialect ? JsonResult.Of(dialect.WriteError(status, message), status) : Problems.Of(status, message);

    private sealed record Shape(Dialect Dialect);
}
