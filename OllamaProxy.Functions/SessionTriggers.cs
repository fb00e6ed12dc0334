using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Api;
using OllamaProxy.Api.Callers;

namespace OllamaProxy.Functions;

/// <summary>The routes by which the pages sign in and out.</summary>
public sealed class SessionTriggers(ApiPipeline pipeline, SessionHandlers sessions)
{
    [Function("Session")]
    public Task SessionAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Routes.Session)] HttpRequest request,
        CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, sessions.StateAsync, aborted);

    [Function("SignIn")]
    public Task SignInAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Session)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, sessions.SignInAsync, aborted);

    [Function("SignOut")]
    public Task SignOutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.Session)] HttpRequest request, CancellationToken aborted) =>
        pipeline.RunAsync(request.HttpContext, SessionHandlers.SignOutAsync, aborted);
}
