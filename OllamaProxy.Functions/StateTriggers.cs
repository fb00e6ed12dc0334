using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Stats;

namespace OllamaProxy.Functions;

/// <summary>The routes with statistics of the queue and the state of the backends.</summary>
public sealed class StateTriggers(ApiPipeline pipeline, StateHandlers state)
{
    [Function("Stats")]
    public Task StatsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Stats)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, state.StatsAsync, aborted);

    [Function("Models")]
    public Task ModelsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Models)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, state.ModelsAsync, aborted);
}
