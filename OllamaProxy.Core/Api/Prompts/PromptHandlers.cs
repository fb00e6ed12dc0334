using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Deliveries;

namespace OllamaProxy.Api.Prompts;

/// <summary>The API that reads prompts.</summary>
public sealed class PromptHandlers(PromptQueue queue, IPromptReader reader, OwnPrompts own, PromptTexts texts, CompletionWaiter waiter,
    RetryAfter retryAfter, WholeContent whole, IDeliveryStore deliveries, OllamaProxyOptions options)
{
    /// <summary>A prompt, whole, with its attempts: 200 or 404.</summary>
    public Task<IResult> PromptAsync(HttpContext context) => WithPromptAsync(context, async prompt =>
    {
        var status = await StatusOfAsync(prompt, context.RequestAborted);
        var attempts = await reader.ListAttemptsAsync(prompt.Id, context.RequestAborted);
        var showsBackends = context.Caller().IsAdmin;
        if (await reader.FindContentAsync(prompt.Id, context.RequestAborted) is not { } content)
            return Problems.UnknownPrompt(prompt.Id.ToString());
        var told = content.Callback is null ? [] : await deliveries.ListDeliveriesAsync(prompt, context.RequestAborted);
        return new PromptDetailResult(
            status.With(content, await whole.ShowAsync(context, content), attempts, told, showsBackends), content.LongText);
    });

    /// <summary>Where a prompt is in its life: 200 or 404.</summary>
    public Task<IResult> StatusAsync(HttpContext context) => WithPromptAsync(context, async prompt =>
        JsonResult.Of(await StatusOfAsync(prompt, context.RequestAborted), ApiJson.Relaxed.StatusResource));

    /// <summary>
    /// What became of a prompt: 200 once it has ended, 202 before, or 404. With <c>?wait=SECONDS</c> or <c>Prefer: wait=SECONDS</c> it
    /// waits for the end.
    /// </summary>
    public Task<IResult> ResultAsync(HttpContext context) => WithPromptAsync(context, async first =>
    {
        var now = CompletionWaiter.Asked(context) is { } seconds ? await waiter.WaitAsync(first, seconds, context.RequestAborted) : first;
        if (now is not { } prompt)
            return Problems.UnknownPrompt(first.Id.ToString());
        if (prompt.Status.HasEnded())
        {
            var result = await reader.FindResultAsync(prompt.Id, context.RequestAborted);
            if (result is null && prompt.Status == PromptStatus.Completed)
                return Problems.UnknownPrompt(prompt.Id.ToString()); // It was deleted in between.
            return new PromptOutputResult(prompt, result);
        }
        await retryAfter.SetForResultAsync(context, prompt);
        return new PendingResult(prompt, texts);
    });

    /// <summary>
    /// Ollama's response to a call, as it came, with its status: once the call has ended. 202 before, 404 where the prompt was submitted
    /// and is no call. It waits as <see cref="ResultAsync"/> does.
    /// </summary>
    public Task<IResult> ResponseAsync(HttpContext context) => WithPromptAsync(context, async first =>
    {
        var now = CompletionWaiter.Asked(context) is { } seconds ? await waiter.WaitAsync(first, seconds, context.RequestAborted) : first;
        if (now is not { } prompt)
            return Problems.UnknownPrompt(first.Id.ToString());
        if (prompt.Endpoint is null)
            return Problems.NotFound($"The prompt '{prompt.Id}' was submitted, and is no call of Ollama's API: ask for its result.");
        context.Response.Headers[CallHandlers.PromptId] = prompt.Id.ToString();
        if (prompt.Status.HasEnded())
            return CallOutcome.Of(context, prompt, await reader.FindResponseAsync(prompt.Id, context.RequestAborted));
        await retryAfter.SetForResultAsync(context, prompt);
        return JsonResult.Of(new(prompt.Id, prompt.Status.Name()), ApiJson.Relaxed.PendingResource, StatusCodes.Status202Accepted);
    });

    /// <summary>A page of prompts, newest first: 200.</summary>
    public async Task<IResult> ListAsync(HttpContext context)
    {
        var query = ListQueryReader.Read(context.Request.Query, context.Caller());
        var page = await reader.ListAsync(query, context.RequestAborted);
        return JsonResult.Of(ListResource.Of(query, page), ApiJson.Relaxed.ListResource);
    }

    /// <summary>How far a batch is: 200 or 404.</summary>
    public async Task<IResult> BatchAsync(HttpContext context) =>
        RouteId.Uuid(context) is { } batch
            && await reader.CountAsync(batch, context.Caller().OnlyOwner, context.RequestAborted) is { Count: > 0 } counts
            ? JsonResult.Of(BatchResource.Of(batch, counts), ApiJson.Relaxed.BatchResource)
            : Problems.NotFound($"There is no batch with the id '{RouteId.Text(context)}'.");

    private async Task<IResult> WithPromptAsync(HttpContext context, Func<Prompt, Task<IResult>> answer) =>
        await own.FindAsync(context) is { } prompt
            ? await answer(prompt)
            : Problems.UnknownPrompt(RouteId.Text(context));

    private async Task<StatusResource> StatusOfAsync(Prompt prompt, CancellationToken cancellationToken) =>
        StatusResource.Of(prompt, await queue.FindPositionAsync(prompt, cancellationToken), options.MaxAttempts);
}
