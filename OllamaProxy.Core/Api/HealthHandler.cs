using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>Tells that the process answers.</summary>
public static class HealthHandler
{
    /// <summary>200, empty.</summary>
    public static Task<IResult> HealthAsync(HttpContext context) => Task.FromResult<IResult>(TypedResults.Ok());
}
