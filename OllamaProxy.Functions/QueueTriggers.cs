using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Queue;

namespace OllamaProxy.Functions;

/// <summary>The routes by which an operator pauses, drains and resumes the queue.</summary>
public sealed class QueueTriggers(ApiPipeline pipeline, QueueHandlers queue)
{
    [Function("Queue")]
    public Task StateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Queue)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, queue.StateAsync, aborted);

    [Function("QueuePause")]
    public Task PauseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Pause)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, queue.PauseAsync, aborted);

    [Function("QueueDrain")]
    public Task DrainAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Drain)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, queue.DrainAsync, aborted);

    [Function("QueueResume")]
    public Task ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Resume)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, queue.ResumeAsync, aborted);
}
