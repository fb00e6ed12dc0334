using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Prompts;

namespace OllamaProxy.Functions;

/// <summary>The routes that submit prompts.</summary>
public sealed class SubmitTriggers(ApiPipeline pipeline, SubmitHandlers submits)
{
    [Function("Submit")]
    public Task SubmitAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Submit)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, submits.SubmitAsync, aborted);

    [Function("SubmitBatch")]
    public Task SubmitBatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Prompts)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, submits.SubmitBatchAsync, aborted);

    [Function("Put")]
    public Task PutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = Routes.Prompt)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, submits.PutAsync, aborted);

    [Function("Repeat")]
    public Task RepeatAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Repeat)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, submits.RepeatAsync, aborted);
}
