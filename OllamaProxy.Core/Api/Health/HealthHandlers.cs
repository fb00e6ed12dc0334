using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;

namespace OllamaProxy.Api.Health;

/// <summary>Tells machines that watch over this process how it is. Both routes are open to all, and cost next to nothing.</summary>
public sealed class HealthHandlers(Readiness readiness)
{
    /// <summary>The process answers: 200, empty. One that does not is to be started again.</summary>
    public static Task<IResult> HealthAsync(HttpContext context) => Task.FromResult<IResult>(TypedResults.Ok());

    /// <summary>Whether prompts are taken and run: 200, or 503 with what is in the way.</summary>
    public async Task<IResult> ReadyAsync(HttpContext context)
    {
        var state = await readiness.CheckAsync(context.RequestAborted);
        return JsonResult.Of(state, ApiJson.Relaxed.ReadinessResource,
            state.Status == ReadinessResource.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
