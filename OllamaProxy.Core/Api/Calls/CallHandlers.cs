using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Api.Responses;
using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Calls;

/// <summary>
/// Ollama's own API, and the parts of OpenAI's and Anthropic's that it has, as far as a model has something to do: each call
/// becomes a prompt, waits its turn, and is answered on the same connection with what Ollama says, byte for byte.
/// </summary>
public sealed class CallHandlers(
    PromptQueue queue, IPromptReader reader, CallResponder responder, BackendForwarder forwarder, ResponseRegistry responses,
        CompletionWaiter waiter, RequestBody bodies, ResponseHandlers backgroundResponses, CallbackReader callbacks,
    OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>The header that tells the id of the prompt that a call has become.</summary>
    public const string PromptId = "X-Prompt-Id";

    /// <summary>
    /// The header that tells how many tokens of the prompt the model was given, where Ollama seems to have cut it. The answer in parts of a
    /// call that streams begins before that is known.
    /// </summary>
    public const string TruncatedTo = "X-Prompt-Truncated-To";

    /// <summary>Sets <see cref="TruncatedTo"/>; null: there is no sign that the prompt was cut.</summary>
    internal static void SetTruncatedTo(HttpContext context, long? tokens)
    {
        if (tokens is { } count)
            context.Response.Headers[TruncatedTo] = count.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary><c>/api/generate</c></summary>
    public Task<IResult> GenerateAsync(HttpContext context) => CallAsync(context, ApiRoute.Generate);

    /// <summary><c>/api/chat</c></summary>
    public Task<IResult> ChatAsync(HttpContext context) => CallAsync(context, ApiRoute.Chat);

    /// <summary><c>/api/embed</c></summary>
    public Task<IResult> EmbedAsync(HttpContext context) => CallAsync(context, ApiRoute.Embed);

    /// <summary><c>/api/embeddings</c></summary>
    public Task<IResult> EmbeddingsAsync(HttpContext context) => CallAsync(context, ApiRoute.Embeddings);

    /// <summary><c>/v1/chat/completions</c></summary>
    public Task<IResult> ChatCompletionsAsync(HttpContext context) => CallAsync(context, ApiRoute.ChatCompletions);

    /// <summary><c>/v1/completions</c></summary>
    public Task<IResult> CompletionsAsync(HttpContext context) => CallAsync(context, ApiRoute.Completions);

    /// <summary><c>/v1/embeddings</c></summary>
    public Task<IResult> OpenAIEmbeddingsAsync(HttpContext context) => CallAsync(context, ApiRoute.OpenAIEmbeddings);

    /// <summary><c>/v1/responses</c></summary>
    public Task<IResult> ResponsesAsync(HttpContext context) => CallAsync(context, ApiRoute.Responses);

    /// <summary><c>/v1/messages</c></summary>
    public Task<IResult> MessagesAsync(HttpContext context) => CallAsync(context, ApiRoute.Messages);

    private async Task<IResult> CallAsync(HttpContext context, ApiRoute endpoint)
    {
        ApiError.Use(context, endpoint.Dialect);
        var body = await bodies.ReadAsync(context);
        context.Response.RegisterForDispose(body);
        var (request, contentType, special) = Read(context, endpoint, body);
        if (NameLimits.WhyNotModel(request.Model) is { } why)
            return ApiError.Of(context, StatusCodes.Status400BadRequest, why);
        context.RefuseModel(request.Model);
        if (request.IsUnload)
            return await forwarder.ForwardToAllOwnersAsync(context, request.Model, body.Bytes);
        if (special?.WhyNot is { } whyNot)
            return ApiError.Of(context, StatusCodes.Status400BadRequest, whyNot);
        if (special?.Call.PreviousId is { } previous
            && await backgroundResponses.WhyNotPreviousAsync(context, previous) is { } refusal)
            return refusal;
        var isBackground = special is { Call.IsBackground: true };
        var isKept = CompletionWaiter.RespondsAsync(context, out var seconds) || isBackground;
        var lease = isKept ? null : responder.LeaseHere();
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var prompt = context.Own(new(request.Text, request.Model, SubmissionReader.NoFields)
        {
            Id = id,
            Call = special?.ToCall(context) ?? new(endpoint.Path, context.Request.QueryString.ToString(),
                HeaderFilter.ForOllama(context.Request.AllHeaders()), body.Bytes),
            Priority = isBackground ? 0 : options.InteractivePriority,
            ClientLease = lease,
            Callback = special?.ReadCallback(callbacks),
        });
        if (isBackground)
            return await backgroundResponses.CreatedAsync(context, await SubmitAsync(context, prompt, body));
        if (lease is null)
            return await KeptAsync(context, await SubmitAsync(context, prompt, body), seconds);

        var wait = responses.Expect(id);
        try
        {
            return responder.AnswerTo(await SubmitAsync(context, prompt, body), lease, contentType, wait);
        }
        catch
        {
            wait.Dispose();
            throw;
        }
    }

    /// <summary>Reads the body as Ollama will read it. What it becomes when it is decoded is counted meanwhile.</summary>
    private (CallRequest Request, string? ContentType, SpecialResponseCall? Special) Read(
        HttpContext context, ApiRoute endpoint, BufferedBody body)
    {
        using var decoding = bodies.Reserve(context);
        var decoded = CallBody.Decode(endpoint, context.Request, body.Bytes, options.MaxBodyBytes, decoding.Add);
        return (CallRequest.Read(endpoint, decoded), ContentTypeOf(endpoint, decoded),
            endpoint == ApiRoute.Responses ? SpecialResponseCall.Read(decoded) : null);
    }

    /// <summary>As what Ollama answers such a call, if it answers it well; null: no answer begins before Ollama's.</summary>
    private string? ContentTypeOf(ApiRoute endpoint, ReadOnlyMemory<byte> body) => endpoint switch
    {
        _ when options.HeartbeatInterval == TimeSpan.Zero => null,
        _ when !CallRequest.IsStreamed(endpoint, body) => "application/json; charset=utf-8",
        _ => endpoint.Dialect.StreamMediaType,
    };

    private async Task<Prompt> SubmitAsync(HttpContext context, NewPrompt prompt, BufferedBody body)
    {
        var submission = await queue.SubmitAsync(prompt, context.RequestAborted);
        // The client can wait for hours from here on; what runs the prompt has the body from the store.
        body.Dispose();
        RateLimitHeaders.Set(context, prompt.Limits, submission.Use);
        context.Response.Headers[PromptId] = submission.Prompt.Id.ToString();
        return submission.Prompt;
    }

    /// <summary>The answer to a client that does not stay: where to ask, or the response if that is there in time.</summary>
    private async Task<IResult> KeptAsync(HttpContext context, Prompt prompt, int seconds)
    {
        var now = seconds > 0 ? await waiter.WaitAsync(prompt, seconds, context.RequestAborted) : prompt;
        if (now is null)
            return CallOutcome.Deleted(context);
        if (now.Status.HasEnded())
            return CallOutcome.Of(context, now, await reader.FindResponseAsync(now.Id, context.RequestAborted));
        var submitted = SubmittedResource.Of(prompt);
        context.Response.Headers.Location = submitted.StatusUrl;
        return JsonResult.Of(submitted, ApiJson.Relaxed.SubmittedResource, StatusCodes.Status202Accepted);
    }
}
