using Microsoft.AspNetCore.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>The API for prompts.</summary>
public sealed class PromptHandlers(PromptQueue queue, OllamaProxyOptions options)
{
    /// <summary>How long a client should wait before it asks again for a result that is not there, in seconds.</summary>
    private const string ResultRetryAfter = "1";

    private readonly SubmissionReader _submissions = new(options.Model);

    /// <summary>Queues a prompt: 202, with the id of what is on disk by then.</summary>
    public async Task<IResult> SubmitAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context.Request, options.MaxBodyBytes, context.RequestAborted);
        var prompt = await queue.SubmitAsync(_submissions.Read(body), context.RequestAborted);

        var url = $"{context.Request.PathBase}/{Routes.Submit}/{prompt.Id}";
        var submitted = new SubmittedResource(prompt.Id, prompt.Status.Name(), $"{url}/status", $"{url}/result", prompt.Model, prompt.CreatedAt);
        context.Response.Headers.Location = submitted.StatusUrl;
        return TypedResults.Json(submitted, ApiJson.Relaxed.SubmittedResource, statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>A prompt, whole: 200 or 404.</summary>
    public Task<IResult> PromptAsync(HttpContext context) => WithPromptAsync(context, async prompt =>
    {
        var status = await StatusOfAsync(prompt, context.RequestAborted);
        return await queue.FindContentAsync(prompt.Id, context.RequestAborted) is { } content
            ? TypedResults.Json(status.With(content), ApiJson.Relaxed.StatusResource)
            : UnknownPrompt(prompt.Id.ToString());
    });

    /// <summary>Where a prompt is in its life: 200 or 404.</summary>
    public Task<IResult> StatusAsync(HttpContext context) => WithPromptAsync(context, async prompt =>
        TypedResults.Json(await StatusOfAsync(prompt, context.RequestAborted), ApiJson.Relaxed.StatusResource));

    /// <summary>What became of a prompt: 200 once it has ended, 202 before, or 404.</summary>
    public Task<IResult> ResultAsync(HttpContext context) => WithPromptAsync(context, async prompt =>
    {
        if (prompt.Status.HasEnded())
        {
            var result = await queue.FindResultAsync(prompt.Id, context.RequestAborted);
            return TypedResults.Json(ResultResource.Ended(prompt, result), ApiJson.Relaxed.ResultResource);
        }
        context.Response.Headers.RetryAfter = ResultRetryAfter;
        return TypedResults.Json(ResultResource.Pending(prompt), ApiJson.Relaxed.ResultResource, statusCode: StatusCodes.Status202Accepted);
    });

    /// <summary>A page of prompts, newest first: 200.</summary>
    public async Task<IResult> ListAsync(HttpContext context)
    {
        var query = ListQueryReader.Read(context.Request.Query);
        var page = await queue.ListAsync(query, context.RequestAborted);
        return TypedResults.Json(ListResource.Of(query, page), ApiJson.Relaxed.ListResource);
    }

    private async Task<IResult> WithPromptAsync(HttpContext context, Func<Prompt, Task<IResult>> answer)
    {
        var id = context.Request.RouteValues["id"]?.ToString();
        return Guid.TryParseExact(id, "D", out var uuid) && await queue.FindAsync(uuid, context.RequestAborted) is { } prompt
            ? await answer(prompt)
            : UnknownPrompt(id);
    }

    private async Task<StatusResource> StatusOfAsync(Prompt prompt, CancellationToken cancellationToken) =>
        StatusResource.Of(prompt, await queue.FindPlaceAsync(prompt, cancellationToken), options.MaxAttempts);

    private static IResult UnknownPrompt(string? id) => Problems.NotFound($"There is no prompt with the id '{id}'.");
}
