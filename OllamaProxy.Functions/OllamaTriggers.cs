using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Calls;

namespace OllamaProxy.Functions;

/// <summary>The routes that describe Ollama and its models.</summary>
public sealed class OllamaTriggers(ApiPipeline pipeline, OllamaHandlers ollama)
{
    [Function("Tags")]
    public Task TagsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Tags)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.TagsAsync, aborted);

    [Function("Loaded")]
    public Task LoadedAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Loaded)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.LoadedAsync, aborted);

    [Function("OllamaVersion")]
    public Task VersionAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Version)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.VersionAsync, aborted);

    [Function("OllamaStatus")]
    public Task StatusAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.OllamaStatus)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.StatusAsync, aborted);

    [Function("ModelRecommendations")]
    public Task RecommendationsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Recommendations)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.RecommendationsAsync, aborted);

    [Function("Show")]
    public Task ShowAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Show)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.ShowAsync, aborted);

    [Function("OpenAIModels")]
    public Task OpenAIModelsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.OpenAIModels)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.OpenAIModelsAsync, aborted);

    [Function("RetrieveOpenAIModel")]
    public Task RetrieveOpenAIModelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.OpenAIModel)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, ollama.OpenAIModelAsync, aborted);
}
