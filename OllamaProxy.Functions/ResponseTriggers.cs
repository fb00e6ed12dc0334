using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Responses;

namespace OllamaProxy.Functions;

/// <summary>The routes of OpenAI's responses beyond the call that makes one.</summary>
public sealed class ResponseTriggers(ApiPipeline pipeline, ResponseHandlers responses)
{
    [Function("RetrieveResponse")]
    public Task RetrieveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.RetrieveResponse)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, responses.RetrieveAsync, aborted);

    [Function("DeleteResponse")]
    public Task DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.RetrieveResponse)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, responses.DeleteAsync, aborted);

    [Function("CancelResponse")]
    public Task CancelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.CancelResponse)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, responses.CancelAsync, aborted);

    [Function("ResponseInputItems")]
    public Task InputItemsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.ResponseInputItems)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, responses.InputItemsAsync, aborted);
}
