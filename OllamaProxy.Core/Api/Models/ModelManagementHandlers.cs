using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Api.Models;

/// <summary>
/// The routes of Ollama's that change which models there are. They are closed unless <c>OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT</c>
/// opens them, and then to no page of another site: a visit to it must not be enough to delete a model. What is about one model
/// goes to a backend that has it, or to all where it is to go; anything else to the first.
/// </summary>
public sealed class ModelManagementHandlers(
    BackendPool backends, BackendForwarder forwarder, OriginPolicy origins, RequestBody bodies, OllamaProxyOptions options)
{
    /// <summary><c>/api/pull</c>, <c>/api/create</c> and <c>/api/blobs/{digest}</c>: what brings something new.</summary>
    public Task<IResult> ImportAsync(HttpContext context) => ManageAsync(context, forwarder.ForwardToPrimaryAsync);

    /// <summary><c>/api/push</c> and <c>/api/copy</c>: what is about a model that is there.</summary>
    public Task<IResult> ChangeAsync(HttpContext context) => ManageAsync(context, async _ =>
    {
        var body = await bodies.ReadForRequestAsync(context);
        return await forwarder.ForwardToOwnerAsync(context, ModelOf(body), body);
    });

    /// <summary><c>/api/delete</c>: wherever the model is, since afterwards none is to be told of.</summary>
    public Task<IResult> DeleteAsync(HttpContext context) => ManageAsync(context, async _ =>
    {
        var body = await bodies.ReadForRequestAsync(context);
        return await forwarder.ForwardToAllOwnersAsync(context, ModelOf(body), body);
    });

    private async Task<IResult> ManageAsync(HttpContext context, Func<HttpContext, Task<IResult>> manageAsync)
    {
        ApiError.Use(context, Dialect.Ollama);
        if (!options.AllowModelManagement)
            return ApiError.Of(context, StatusCodes.Status403Forbidden,
                $"{context.Request.Path} changes which models there are, and this Ollama Proxy does not allow that. "
                + "Ask Ollama itself, or set OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT=true.");
        if (context.Request.Headers.Origin.ToString() is { Length: > 0 } origin && !origins.Trusts(origin))
            return ApiError.Of(context, StatusCodes.Status403Forbidden,
                $"{context.Request.Path} changes which models there are, and pages of '{origin}' may not do that. "
                + "Name the origin in OLLAMA_PROXY_CORS_ORIGINS to allow it.");
        return new Answer(await manageAsync(context), backends);
    }

    private static string ModelOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonReading.Parse(body);
            return document.RootElement.Text("model") ?? document.RootElement.Text("name") ?? document.RootElement.Text("source") ?? "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    /// <summary>Has the models looked at anew once they have changed.</summary>
    private sealed class Answer(IResult result, BackendPool backends) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            try
            {
                await result.ExecuteAsync(httpContext);
            }
            finally
            {
                backends.RefreshSoon();
            }
        }
    }
}
