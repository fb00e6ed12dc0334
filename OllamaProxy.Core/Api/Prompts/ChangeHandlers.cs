using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;

namespace OllamaProxy.Api.Prompts;

/// <summary>The API that changes prompts. What does not go with a prompt's status is 409, and changes nothing.</summary>
public sealed class ChangeHandlers(PromptQueue queue, OwnPrompts own, RequestBody bodies, OllamaProxyOptions options)
{
    /// <summary>Cancels a prompt: 200 with its status, which stays as it is where it has ended; or 404.</summary>
    public async Task<IResult> CancelAsync(HttpContext context) =>
        await own.FindIdAsync(context) is { } id && await queue.CancelAsync(id, context.RequestAborted) is { } prompt
            ? await StatusAsync(prompt, StatusCodes.Status200OK, context.RequestAborted)
            : Problems.UnknownPrompt(RouteId.Text(context));

    /// <summary>Queues a prompt again that failed or was cancelled: 202 with its status, 404 or 409.</summary>
    public Task<IResult> RetryAsync(HttpContext context) => ChangeAsync(
        context,
        id => queue.RetryAsync(id, context.RequestAborted),
        StatusCodes.Status202Accepted,
        "only one that failed or was cancelled can be retried");

    /// <summary>Gives a queued prompt another priority: 200 with its status, 400, 404 or 409.</summary>
    public async Task<IResult> PatchAsync(HttpContext context)
    {
        using var body = await bodies.ReadAsync(context);
        var priority = context.Caller().Limits.Cap(ReadPriority(body.Bytes));
        return await ChangeAsync(
            context,
            id => queue.ChangePriorityAsync(id, priority, context.RequestAborted),
            StatusCodes.Status200OK,
            "the priority can be changed only while it is queued");
    }

    /// <summary>Removes a prompt, and stops it first where it runs: 204 or 404.</summary>
    public async Task<IResult> DeleteAsync(HttpContext context) =>
        await own.FindIdAsync(context) is { } id && await queue.DeleteAsync(id, context.RequestAborted)
            ? TypedResults.NoContent()
            : Problems.UnknownPrompt(RouteId.Text(context));

    private async Task<IResult> ChangeAsync(HttpContext context, Func<Guid, Task<ChangeResult>> change, int status, string rule)
    {
        if (await own.FindIdAsync(context) is not { } id || await change(id) is not { Prompt: { } prompt } changed)
            return Problems.UnknownPrompt(RouteId.Text(context));
        return changed.Allowed
            ? await StatusAsync(prompt, status, context.RequestAborted)
            : Problems.Conflict($"The prompt is {prompt.Status.Name()}; {rule}.");
    }

    private static int ReadPriority(ReadOnlyMemory<byte> body)
    {
        using var document = JsonBody.Parse(body);
        var fields = JsonBody.FieldsOf(document.RootElement);
        foreach (var field in document.RootElement.EnumerateObject())
            if (!field.NameEquals("priority"))
                throw Problems.BadRequest($"'{field.Name}' cannot be changed, only 'priority' can.");
        return fields.Int32("priority", QueueRank.LowestPriority, QueueRank.HighestPriority)
            ?? throw Problems.BadRequest("'priority' is missing.");
    }

    private async Task<IResult> StatusAsync(Prompt prompt, int status, CancellationToken cancellationToken) => JsonResult.Of(
        StatusResource.Of(prompt, await queue.FindPositionAsync(prompt, cancellationToken), options.MaxAttempts),
            ApiJson.Relaxed.StatusResource, status);
}
