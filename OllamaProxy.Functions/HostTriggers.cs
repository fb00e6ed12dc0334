using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Health;
using OllamaProxy.Api.Metrics;

namespace OllamaProxy.Functions;

/// <summary>The health checks, the metrics, and the answer to requests that no other route takes.</summary>
public sealed class HostTriggers(ApiPipeline pipeline, HealthHandlers health, MetricsHandler metrics, UnmatchedHandler unmatched)
{
    [Function("Health")]
    public Task HealthAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Health)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, HealthHandlers.HealthAsync, aborted);

    [Function("Readiness")]
    public Task ReadyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Ready)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, health.ReadyAsync, aborted);

    [Function("Metrics")]
    public Task MetricsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Metrics)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, metrics.MetricsAsync, aborted);

    // The host tries routes in the alphabetical order of the functions' names, so this name must be the last.
    [Function("Unmatched")]
    public Task UnmatchedAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = Routes.Unmatched)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, unmatched.UnmatchedAsync, aborted);
}
