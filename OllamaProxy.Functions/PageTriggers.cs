using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Pages;

namespace OllamaProxy.Functions;

/// <summary>The web pages, and the API's description that one of them shows.</summary>
public sealed class PageTriggers(ApiPipeline pipeline, PageHandlers pages)
{
    [Function("HomePage")]
    public Task HomeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Home)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.HomeAsync, aborted);

    [Function("ListPage")]
    public Task ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.List)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.ListAsync, aborted);

    [Function("ApiPage")]
    public Task ApiAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.ApiPage)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.ApiAsync, aborted);

    [Function("Dashboard")]
    public Task DashboardAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Dashboard)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.DashboardAsync, aborted);

    [Function("OpenApi")]
    public Task OpenApiAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.OpenApi)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.OpenApiAsync, aborted);

    [Function("PromptPage")]
    public Task PromptAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.PromptPage)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.PromptAsync, aborted);

    [Function("BatchPage")]
    public Task BatchesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.BatchPage)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, pages.BatchesAsync, aborted);
}
