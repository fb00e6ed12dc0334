using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Prompts;

namespace OllamaProxy.Functions;

/// <summary>The routes that read prompts.</summary>
public sealed class PromptTriggers(ApiPipeline pipeline, PromptHandlers prompts)
{
    [Function("Prompt")]
    public Task PromptAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Prompt)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, prompts.PromptAsync, aborted);

    [Function("Status")]
    public Task StatusAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Status)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, prompts.StatusAsync, aborted);

    [Function("Result")]
    public Task ResultAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Result)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, prompts.ResultAsync, aborted);

    [Function("Response")]
    public Task ResponseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Response)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, prompts.ResponseAsync, aborted);

    [Function("Prompts")]
    public Task ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Prompts)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, prompts.ListAsync, aborted);

    [Function("Batch")]
    public Task BatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Batch)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, prompts.BatchAsync, aborted);
}
