using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Stats;

namespace OllamaProxy.Functions;

/// <summary>The routes with statistics of the queue and the state of the backends.</summary>
public sealed class StateTriggers(ApiPipeline pipeline, StateHandlers state, TrendHandlers trends, UsageHandlers usage)
{
    [Function("Stats")]
    public Task StatsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Stats)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, state.StatsAsync, aborted);

    [Function("StatsTrends")]
    public Task TrendsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Trends)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, trends.TrendsAsync, aborted);

    // The name "Usage" would come after "Unmatched", which must be the last.
    [Function("TokenUsage")]
    public Task UsageAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Usage)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, usage.UsageAsync, aborted);

    [Function("Models")]
    public Task ModelsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Models)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, state.ModelsAsync, aborted);
}
