using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Files;

namespace OllamaProxy.Functions;

/// <summary>OpenAI's files.</summary>
public sealed class FileTriggers(ApiPipeline pipeline, FileHandlers files)
{
    [Function("Files")]
    public Task ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Files)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, files.ListAsync, aborted);

    [Function("FileUpload")]
    public Task UploadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Files)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, files.UploadAsync, aborted);

    [Function("File")]
    public Task FileAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.File)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, files.FileAsync, aborted);

    [Function("FileDelete")]
    public Task DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.File)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, files.DeleteAsync, aborted);

    [Function("FileContent")]
    public Task ContentAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.FileContent)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, files.ContentAsync, aborted);
}
