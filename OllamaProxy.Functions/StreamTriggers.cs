using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Streams;

namespace OllamaProxy.Functions;

/// <summary>The routes that stream events.</summary>
public sealed class StreamTriggers(ApiPipeline pipeline, StreamHandlers streams)
{
    [Function("Stream")]
    public Task PromptAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Stream)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, streams.PromptAsync, aborted);

    [Function("Events")]
    public Task QueueAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Events)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, streams.QueueAsync, aborted);
}
