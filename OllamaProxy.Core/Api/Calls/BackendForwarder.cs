using System.Net;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Hosting;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Calls;

/// <summary>Passes requests on to a backend, and its answers back as they come, without the queue.</summary>
public sealed class BackendForwarder(BackendPool backends, Shutdown shutdown)
{
    private const string RetryAfter = "5";

    /// <summary>To a backend that has the model; where none is known to, to each in turn until one does not answer 404.</summary>
    /// <param name="context">The request.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="body">The request's body; null: none.</param>
    public Task<IResult> ForwardToOwnerAsync(HttpContext context, string model, ReadOnlyMemory<byte>? body) =>
        ToServingAsync(context, model, body, toAll: false);

    /// <summary>
    /// To all backends that have the model. The answer is that of the first that fails or, where none does, of the first.
    /// </summary>
    /// <inheritdoc cref="ForwardToOwnerAsync"/>
    public Task<IResult> ForwardToAllOwnersAsync(HttpContext context, string model, ReadOnlyMemory<byte>? body) =>
        ToServingAsync(context, model, body, toAll: true);

    private async Task<IResult> ToServingAsync(HttpContext context, string model, ReadOnlyMemory<byte>? body, bool toAll)
    {
        // Not all of Ollama's routes answer to HEAD.
        var method = HttpMethods.IsHead(context.Request.Method) ? HttpMethod.Get : new(context.Request.Method);
        var canonical = ModelName.Canonical(model);
        var (answer, failure, mayBeThere) = (default(HttpResponseMessage), default(OllamaException), false);
        var up = backends.Up;
        foreach (var backend in backends.All.Where(backend => backend.IsModelAllowed(model))
            .OrderBy(backend => backend.State.Has(canonical) ? 0 : 1))
        {
            try
            {
                if (!up.Contains(backend))
                    throw new OllamaException(FailureKind.Unreachable, $"Ollama at {backend.Endpoint} cannot be reached.");
                var next = await SendAsync(context, method, backend, body is { } bytes ? new ReadOnlyMemoryContent(bytes) : null);
                if (answer is null || WeightOf(next) > WeightOf(answer))
                    (answer, next) = (next, answer);
                next?.Dispose();
                if (!toAll && WeightOf(answer) > 0)
                    break;
            }
            catch (OllamaException exception)
            {
                failure ??= exception;
                mayBeThere |= backend.State.Has(canonical);
            }
        }
        // What was passed on may have changed what is installed or loaded.
        if (toAll)
            backends.RefreshSoon();
        if (failure is not null && (answer is null || (mayBeThere && (toAll || WeightOf(answer) == 0))))
        {
            answer?.Dispose();
            return Unavailable(context, failure);
        }
        return answer is not null ? new ForwardedResult(answer, shutdown.Cut)
            : ApiError.Of(context, StatusCodes.Status404NotFound, $"model '{model}' not found");
    }

    /// <summary>Ranks answers, so that the one that tells most is passed on: an error over a success, and both over a 404.</summary>
    private static int WeightOf(HttpResponseMessage answer) => answer switch
    {
        { StatusCode: HttpStatusCode.NotFound } => 0,
        { IsSuccessStatusCode: true } => 1,
        _ => 2,
    };

    /// <summary>To the first backend that answers, as far as is known, with the body as it comes in, of whatever size.</summary>
    public async Task<IResult> ForwardToPrimaryAsync(HttpContext context)
    {
        var hasBody = context.Request.ContentLength is not 0 and not null || context.Request.Headers.TransferEncoding.Count > 0;
        try
        {
            var backend = backends.Up.MinBy(backend => backend.State.IsReachable ? 0 : 1)!;
            var content = hasBody ? new RequestContent(context.Request) : null;
            return new ForwardedResult(await SendAsync(context, new(context.Request.Method), backend, content), shutdown.Cut);
        }
        catch (OllamaException exception)
        {
            return Unavailable(context, exception);
        }
    }

    /// <summary>503: no backend can be asked. 502: one can, but what it answers cannot be passed on.</summary>
    internal IResult Unavailable(HttpContext context, OllamaException exception)
    {
        backends.RefreshSoon();
        context.Response.Headers.RetryAfter = RetryAfter;
        var status = exception.IsOddHead ? StatusCodes.Status502BadGateway : StatusCodes.Status503ServiceUnavailable;
        return ApiError.Of(context, status, exception.Message);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpContext context, HttpMethod method, Backend backend, HttpContent? content)
    {
        var request = context.Request;
        // A proxy on the way resolves such a segment as the parent folder, and would ask for another route.
        if (Uri.UnescapeDataString(request.Path.Value!).Split('/', '\\').Any(segment => segment is "." or ".."))
            throw new ProblemException(StatusCodes.Status404NotFound, $"There is no route {request.Path}.");
        return backend.Client.PassAsync(
            method, request.Path.ToUriComponent() + request.QueryString, HeaderFilter.ForOllama(request.AllHeaders()), content,
                context.RequestAborted);
    }
}
