using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Streams;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Prompts;

/// <summary>The API that submits prompts.</summary>
public sealed class SubmitHandlers(PromptQueue queue, IPromptReader reader, OwnPrompts own, PromptStream stream, CompletionWaiter waiter,
    RequestBody bodies, CallbackReader callbacks, OllamaProxyOptions options)
{
    private const string IdempotencyKey = "Idempotency-Key";
    private const int MaxKeyLength = 255;

    private readonly SubmissionReader _submissions = new(options.Model, callbacks);

    /// <summary>
    /// Queues a prompt: 202, with the id of what is on disk by then. With <c>Idempotency-Key</c>, the same key and body
    /// give the same id for a day; another body is 422. With <c>Accept: text/event-stream</c> its events are the answer, and
    /// with <c>Prefer: wait=SECONDS</c> its result, 200, if that is there in time.
    /// </summary>
    public async Task<IResult> SubmitAsync(HttpContext context)
    {
        var key = KeyOf(context.Request);
        var submission = await SubmitAsync(context, (prompt, body) =>
            key is null ? prompt : prompt with { IdempotencyKey = key, Fingerprint = SHA256.HashData(body.Span) });
        return submission.Outcome == SubmissionOutcome.Conflicting
            ? KeyConflict(key)
            : await SubmittedAsync(context, submission.Prompt, StatusCodes.Status202Accepted);
    }

    /// <summary>
    /// Queues a prompt under an id of the client's own: 202, or 200 when it comes again with the same body; 409 with another. 404
    /// where another owner has a prompt with this id.
    /// </summary>
    public async Task<IResult> PutAsync(HttpContext context)
    {
        if (RouteId.Uuid(context) is not { } id)
            return Problems.Of(StatusCodes.Status400BadRequest,
                $"'{RouteId.Text(context)}' is no UUID, so it cannot be the id of a prompt.");
        var submission = await SubmitAsync(context, (prompt, body) => prompt with { Id = id, Fingerprint = SHA256.HashData(body.Span) });
        if (!context.Caller().Sees(submission.Prompt))
            return Problems.UnknownPrompt(id.ToString());
        return submission.Outcome switch
        {
            SubmissionOutcome.Accepted => await SubmittedAsync(context, submission.Prompt, StatusCodes.Status202Accepted),
            SubmissionOutcome.Repeated => await SubmittedAsync(context, submission.Prompt, StatusCodes.Status200OK),
            _ => Problems.Conflict($"There is a prompt with the id '{id}' that was submitted with another body."),
        };
    }

    /// <summary>
    /// Queues what was sent with a prompt once more, as a new prompt: 202, or 404. The body may be a merge patch (RFC 7396) of what was
    /// submitted: its fields take the place of those that were sent, and null leaves one out. A call is repeated as it came.
    /// </summary>
    public async Task<IResult> RepeatAsync(HttpContext context)
    {
        var key = KeyOf(context.Request);
        using var changes = await bodies.ReadAsync(context);
        if (await own.FindAsync(context) is not { } first
            || await reader.FindContentAsync(first.Id, context.RequestAborted) is not { } content)
            return Problems.UnknownPrompt(RouteId.Text(context));
        using var reservation = bodies.Reserve(context);
        content = await WholeContent.ReadAsync(content, reservation, context.RequestAborted);
        var prompt = context.Own(new Repetition(first, content).Read(changes.Bytes, _submissions));
        if (key is not null)
            prompt = prompt with
            {
                IdempotencyKey = key,
                Fingerprint = SHA256.HashData([.. first.Id.ToByteArray(), .. changes.Bytes.Span]),
            };

        var submission = await SubmitAsync(context, prompt);
        return submission.Outcome == SubmissionOutcome.Conflicting
            ? KeyConflict(key)
            : await SubmittedAsync(context, submission.Prompt, StatusCodes.Status202Accepted);
    }

    /// <summary>Queues a JSON array of prompts, or a prompt on each line, all or none: 202 with the ids in order.</summary>
    public async Task<IResult> SubmitBatchAsync(HttpContext context)
    {
        using var body = await bodies.ReadAsync(context);
        var prompts = new BatchReader(_submissions).Read(body).Select(context.Own).ToList();
        if (options.MaxQueued > 0 && prompts.Count > options.MaxQueued)
            return Problems.Of(StatusCodes.Status413PayloadTooLarge,
                $"The batch holds {prompts.Count} prompts, and OLLAMA_PROXY_MAX_QUEUED lets no more than {options.MaxQueued} wait.");
        if (context.Caller().Limits.MostAtOnce is { } most && prompts.Count > most)
            return Problems.Of(StatusCodes.Status413PayloadTooLarge,
                $"The batch holds {prompts.Count} prompts, and this API key may submit no more than {most} at once.");
        var batch = Guid.CreateVersion7();
        var queued = await queue.SubmitBatchAsync(batch, prompts, context.RequestAborted);

        var url = $"/{Routes.Batch.Replace("{id}", batch.ToString(), StringComparison.Ordinal)}";
        context.Response.Headers.Location = url;
        return JsonResult.Of(
            new SubmittedBatchResource(batch, url, queued.Count, [.. queued.Select(prompt => prompt.Id)]),
            ApiJson.Relaxed.SubmittedBatchResource,
            status: StatusCodes.Status202Accepted);
    }

    /// <summary>Submits what the body says. However long the answer takes, the body is held only until the prompt is on disk.</summary>
    private async Task<Submission> SubmitAsync(HttpContext context, Func<NewPrompt, ReadOnlyMemory<byte>, NewPrompt> complete)
    {
        using var body = await bodies.ReadAsync(context);
        using var document = JsonBody.Parse(body.Bytes);
        var prompt = complete(context.Own(_submissions.Read(document.RootElement, body)), body.Bytes);
        return await SubmitAsync(context, prompt);
    }

    private async Task<Submission> SubmitAsync(HttpContext context, NewPrompt prompt)
    {
        var submission = await queue.SubmitAsync(prompt, context.RequestAborted);
        RateLimitHeaders.Set(context, prompt.Limits, submission.Use);
        return submission;
    }

    private static IResult KeyConflict(string? key) =>
        Problems.Of(StatusCodes.Status422UnprocessableEntity, $"The {IdempotencyKey} '{key}' was used with another body.");

    private static string? KeyOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(IdempotencyKey, out var values))
            return null;
        var key = values.ToString();
        return key.Length is > 0 and <= MaxKeyLength ? key
            : throw Problems.BadRequest($"The {IdempotencyKey} must have 1 to {MaxKeyLength} characters, but has {key.Length}.");
    }

    /// <summary>
    /// What a client is told whose prompt is on disk: its events, what became of it if that is known soon enough, or where to ask.
    /// </summary>
    private async Task<IResult> SubmittedAsync(HttpContext context, Prompt prompt, int status)
    {
        var submitted = SubmittedResource.Of(prompt);
        context.Response.Headers.Location = submitted.StatusUrl;
        if (EventStream.IsAskedFor(context.Request))
            return stream.From(prompt, StreamPosition.Start);
        return CompletionWaiter.Preferred(context) is { } seconds
            && await waiter.WaitAsync(prompt, seconds, context.RequestAborted) is { } now && now.Status.HasEnded()
            ? new PromptOutputResult(now, await reader.FindResultAsync(now.Id, context.RequestAborted))
            : JsonResult.Of(submitted, ApiJson.Relaxed.SubmittedResource, status);
    }
}
