using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Calls;

namespace OllamaProxy.Functions;

/// <summary>The queued routes of the APIs of Ollama, OpenAI and Anthropic.</summary>
public sealed class CallTriggers(ApiPipeline pipeline, CallHandlers calls, CountTokensHandler counts)
{
    [Function("Generate")]
    public Task GenerateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Generate)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.GenerateAsync, aborted);

    [Function("Chat")]
    public Task ChatAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Chat)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.ChatAsync, aborted);

    [Function("Embed")]
    public Task EmbedAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Embed)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.EmbedAsync, aborted);

    [Function("Embeddings")]
    public Task EmbeddingsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Embeddings)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.EmbeddingsAsync, aborted);

    [Function("ChatCompletions")]
    public Task ChatCompletionsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.ChatCompletions)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.ChatCompletionsAsync, aborted);

    [Function("Completions")]
    public Task CompletionsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Completions)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.CompletionsAsync, aborted);

    [Function("OpenAIEmbeddings")]
    public Task OpenAIEmbeddingsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.OpenAIEmbeddings)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.OpenAIEmbeddingsAsync, aborted);

    [Function("Responses")]
    public Task ResponsesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Responses)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.ResponsesAsync, aborted);

    [Function("Messages")]
    public Task MessagesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Messages)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, calls.MessagesAsync, aborted);

    [Function("CountTokens")]
    public Task CountTokensAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.CountTokens)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, counts.CountAsync, aborted);
}
