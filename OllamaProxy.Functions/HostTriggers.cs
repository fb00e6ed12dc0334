using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;

namespace OllamaProxy.Functions;

/// <summary>What a web service has beside its own routes: whether it is healthy, and an answer to everything else.</summary>
public sealed class HostTriggers(ApiPipeline pipeline, UnmatchedHandler unmatched)
{
    [Function("Health")]
    public Task HealthAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Health)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, HealthHandler.HealthAsync, aborted);

    // The host tries routes in the alphabetical order of the functions' names: this one must be the last.
    [Function("Unmatched")]
    public Task UnmatchedAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = Routes.Unmatched)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, unmatched.UnmatchedAsync, aborted);
}
