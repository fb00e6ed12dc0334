using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Batches;

namespace OllamaProxy.Functions;

/// <summary>OpenAI's batches.</summary>
public sealed class BatchTriggers(ApiPipeline pipeline, BatchHandlers batches)
{
    [Function("BatchList")]
    public Task ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Batches)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.ListAsync, aborted);

    [Function("BatchCreate")]
    public Task CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Batches)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.CreateAsync, aborted);

    [Function("OpenAIBatch")]
    public Task BatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.OpenAIBatch)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.BatchAsync, aborted);

    [Function("BatchCancel")]
    public Task CancelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.CancelBatch)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.CancelAsync, aborted);
}
