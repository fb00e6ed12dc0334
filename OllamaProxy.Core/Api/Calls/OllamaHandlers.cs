using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Models;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Api.Calls;

/// <summary>
/// What Ollama tells about itself and its models, of all backends as if they were one. Nothing of it is queued, since no model has to do
/// anything for it.
/// </summary>
public sealed class OllamaHandlers(BackendPool backends, BackendForwarder forwarder, RequestBody bodies)
{
    private static readonly byte[] Running = "Ollama is running"u8.ToArray();

    /// <summary><c>/api/tags</c>: the models that are installed anywhere.</summary>
    public Task<IResult> TagsAsync(HttpContext context) => ListAsync(context, Dialect.Ollama, "models", "name", JsonResult.MediaType);

    /// <summary><c>/api/ps</c>: the models that are loaded, once for each backend that has them.</summary>
    public Task<IResult> LoadedAsync(HttpContext context) => ListAsync(context, Dialect.Ollama, "models", null, JsonResult.MediaType);

    /// <summary><c>/v1/models</c>: as <see cref="TagsAsync"/>, in OpenAI's shape.</summary>
    public Task<IResult> OpenAIModelsAsync(HttpContext context) => ListAsync(context, Dialect.OpenAI, "data", "id", "application/json");

    /// <summary><c>/api/version</c>: the lowest, since it tells clients what they can rely on.</summary>
    public Task<IResult> VersionAsync(HttpContext context) =>
        AskAsync(context, Dialect.Ollama, JsonResult.MediaType, answers => answers.MinBy(VersionOf));

    /// <summary><c>/api/status</c>: of the first backend.</summary>
    public Task<IResult> StatusAsync(HttpContext context) => FirstAsync(context);

    /// <summary><c>/api/experimental/model-recommendations</c>: of the first backend.</summary>
    public Task<IResult> RecommendationsAsync(HttpContext context) => FirstAsync(context);

    /// <summary><c>/api/show</c>: of a backend that has the model.</summary>
    public async Task<IResult> ShowAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.Ollama);
        var body = await bodies.ReadForRequestAsync(context);
        var model = CallRequest.Read(ApiRoute.Generate, body).Model;
        return NameLimits.WhyNotModel(model) is { } why
            ? ApiError.Of(context, StatusCodes.Status400BadRequest, why)
            : await forwarder.ForwardToOwnerAsync(context, model, body);
    }

    /// <summary><c>/v1/models/{model}</c>: of a backend that has the model.</summary>
    public Task<IResult> OpenAIModelAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.OpenAI);
        return forwarder.ForwardToOwnerAsync(context, (string?)context.Request.RouteValues["model"] ?? "", null);
    }

    /// <summary>What Ollama's root answers, by which clients see that it runs.</summary>
    internal static IResult Root() => JsonResult.Of(Running, contentType: "text/plain; charset=utf-8");

    private Task<IResult> FirstAsync(HttpContext context) =>
        AskAsync(context, Dialect.Ollama, JsonResult.MediaType, answers => answers[0]);

    private Task<IResult> ListAsync(HttpContext context, Dialect dialect, string list, string? key, string contentType) =>
        AskAsync(context, dialect, contentType, answers => MergedList.Of(answers, list, key), (backend, answer) =>
            key is null || (backend.State.AllowedModels is null && context.Caller().Limits.Models is null) ? answer
            : MergedList.Where(answer, list, item => item.Text(key) is { } name && backend.IsModelAllowed(name)
                && context.Caller().Limits.Allows(ModelName.Canonical(name))));

    /// <param name="context">The request.</param>
    /// <param name="dialect">The API that it is one of.</param>
    /// <param name="contentType">That of an answer that is good.</param>
    /// <param name="merge">Makes one answer of all.</param>
    /// <param name="only">What of a backend's answer counts; null: all.</param>
    private async Task<IResult> AskAsync(HttpContext context, Dialect dialect, string contentType,
        Func<IReadOnlyList<ReadOnlyMemory<byte>>, ReadOnlyMemory<byte>> merge, Func<Backend, ReadOnlyMemory<byte>,
            ReadOnlyMemory<byte>>? only = null)
    {
        ApiError.Use(context, dialect);
        try
        {
            var path = context.Request.Path.Value!;
            var answers = await backends.AskAsync(async (backend, cancellationToken) =>
                (Backend: backend, Response: await backend.Client.GetAsync(path, backends.IsUnverified(backend), cancellationToken)),
                context.RequestAborted);
            var good = answers
                .Where(answer => answer.Response.Status == StatusCodes.Status200OK)
                .Select(answer => only?.Invoke(answer.Backend, answer.Response.Body) ?? answer.Response.Body)
                .ToList();
            // Where none is good, what the first one says is more than what could be said here.
            return good.Count > 0 ? JsonResult.Of(merge(good), contentType: contentType) : new CallResponseResult(answers[0].Response);
        }
        catch (OllamaException exception)
        {
            return forwarder.Unavailable(context, exception);
        }
    }

    private static Version VersionOf(ReadOnlyMemory<byte> answer)
    {
        using var document = JsonDocument.Parse(answer);
        return Version.TryParse(document.RootElement.Text("version")?.Split('-', '+')[0], out var version) ? version : new();
    }
}
