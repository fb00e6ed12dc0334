using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Models;

namespace OllamaProxy.Functions;

/// <summary>The routes that manage models.</summary>
public sealed class ModelTriggers(ApiPipeline pipeline, ModelManagementHandlers models)
{
    [Function("Pull")]
    public Task PullAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Pull)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, models.ImportAsync, aborted);

    [Function("Create")]
    public Task CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Create)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, models.ImportAsync, aborted);

    [Function("Blob")]
    public Task BlobAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", "head", Route = Routes.Blob)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, models.ImportAsync, aborted);

    [Function("Push")]
    public Task PushAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Push)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, models.ChangeAsync, aborted);

    [Function("Copy")]
    public Task CopyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Copy)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, models.ChangeAsync, aborted);

    [Function("DeleteModel")]
    public Task DeleteModelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.DeleteModel)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, models.DeleteAsync, aborted);
}
