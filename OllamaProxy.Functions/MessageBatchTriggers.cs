using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Batches;

namespace OllamaProxy.Functions;

/// <summary>Anthropic's message batches.</summary>
public sealed class MessageBatchTriggers(ApiPipeline pipeline, MessageBatchHandlers batches)
{
    [Function("MessageBatches")]
    public Task ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.MessageBatches)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.ListAsync, aborted);

    [Function("MessageBatchCreate")]
    public Task CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.MessageBatches)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.CreateAsync, aborted);

    [Function("MessageBatch")]
    public Task BatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.MessageBatch)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.BatchAsync, aborted);

    [Function("MessageBatchDelete")]
    public Task DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.MessageBatch)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.DeleteAsync, aborted);

    [Function("MessageBatchCancel")]
    public Task CancelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.CancelMessageBatch)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.CancelAsync, aborted);

    [Function("MessageBatchResults")]
    public Task ResultsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.MessageBatchResults)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, batches.ResultsAsync, aborted);
}
