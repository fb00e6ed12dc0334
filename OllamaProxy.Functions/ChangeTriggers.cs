using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Prompts;

namespace OllamaProxy.Functions;

/// <summary>The routes that change prompts.</summary>
public sealed class ChangeTriggers(ApiPipeline pipeline, ChangeHandlers changes)
{
    [Function("Cancel")]
    public Task CancelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Cancel)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, changes.CancelAsync, aborted);

    [Function("Retry")]
    public Task RetryAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Retry)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, changes.RetryAsync, aborted);

    [Function("Patch")]
    public Task PatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = Routes.Prompt)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, changes.PatchAsync, aborted);

    [Function("Delete")]
    public Task DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.Prompt)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, changes.DeleteAsync, aborted);
}
