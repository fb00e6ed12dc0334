using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol.Dialects;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Responses;

/// <summary>
/// OpenAI's responses beyond the call that makes one: background responses, and what can be done with a response by its id. Ollama has none
/// of it. A response is the prompt that its call has become, and lives as long.
/// </summary>
public sealed class ResponseHandlers(ResponseFinder finder, ResponseStream stream, PromptQueue queue, IPromptReader reader)
{
    /// <summary>The answer to a call in the background, which was queued: the response, or its events.</summary>
    internal async Task<IResult> CreatedAsync(HttpContext context, Prompt prompt)
    {
        if (await finder.ReadAsync(context, prompt) is not { } record)
            return NotFound(context, null);
        return record.Call.IsStreamed ? stream.From(record, after: -1) : Json(ResponseObject.Pending(record, "queued"));
    }

    /// <summary>A response as it is now, or its events with <c>stream=true</c>: 200, 400 or 404.</summary>
    public Task<IResult> RetrieveAsync(HttpContext context) => WithResponseAsync(context, async record =>
    {
        var query = context.Request.Query;
        if (query["stream"].ToString() is not ("true" or "1"))
            return Json(await ObjectOfAsync(record, context.RequestAborted));
        if (!record.Call.IsStreamed)
            throw Problems.BadRequest("This response cannot be streamed: it was not created with 'stream: true'.");
        return stream.From(record, AfterOf(query["starting_after"].ToString()));
    });

    /// <summary>Removes a response, and stops it first where it runs: 200 or 404.</summary>
    public Task<IResult> DeleteAsync(HttpContext context) => WithResponseAsync(context, async record =>
        await queue.DeleteAsync(record.Prompt.Id, context.RequestAborted)
            ? Json(new() { ["id"] = record.Id, ["object"] = "response", ["deleted"] = true }) : NotFound(context, record.Id));

    /// <summary>Cancels a background response: 200 with the response, which stays as it is where it has ended; 400 or 404.</summary>
    public Task<IResult> CancelAsync(HttpContext context) => WithResponseAsync(context, async record =>
    {
        if (!record.Call.IsBackground)
            throw Problems.BadRequest("Only a response with 'background: true' can be cancelled. Close the connection to cancel this one.");
        return await queue.CancelAsync(record.Prompt.Id, context.RequestAborted) is { } prompt
            ? Json(await ObjectOfAsync(record with { Prompt = prompt }, context.RequestAborted)) : NotFound(context, record.Id);
    });

    /// <summary>What was sent for a response: 200, 400 or 404.</summary>
    public async Task<IResult> InputItemsAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.Responses);
        var id = RouteId.Text(context);
        return await finder.FindWithInputAsync(context, id) is var (record, input)
            ? Json(InputItems.ListOf(record, input, context.Request.Query)) : NotFound(context, id);
    }

    /// <summary>Why a response cannot be gone on from; null: it can.</summary>
    internal async Task<IResult?> WhyNotPreviousAsync(HttpContext context, string id)
    {
        var record = await finder.FindAsync(context, id);
        if (record?.Prompt.Status == PromptStatus.Completed)
            return null;
        var (message, code) = record is null
            ? ($"Previous response with id '{id}' not found.", "previous_response_not_found")
            : ($"Previous response with id '{id}' has not completed.", "previous_response_not_completed");
        var error = new OpenAIErrorResource(new(message, "invalid_request_error", "previous_response_id", code));
        return JsonResult.Of(error, DialectJson.Relaxed.OpenAIErrorResource, StatusCodes.Status400BadRequest, "application/json");
    }

    private async Task<JsonObject> ObjectOfAsync(ResponseRecord record, CancellationToken cancellationToken)
    {
        var prompt = record.Prompt;
        if (!prompt.Status.HasEnded())
            return ResponseObject.Pending(record, prompt.Status == PromptStatus.Queued ? "queued" : "in_progress");
        var answer = prompt.Status == PromptStatus.Completed
            && await reader.FindResponseAsync(prompt.Id, cancellationToken) is { } response
            ? await response.Body.ReadWholeAsync(cancellationToken) : [];
        return ResponseObject.Ended(record, answer);
    }

    private async Task<IResult> WithResponseAsync(HttpContext context, Func<ResponseRecord, Task<IResult>> answer)
    {
        ApiError.Use(context, Dialect.Responses);
        var id = RouteId.Text(context);
        return await finder.FindAsync(context, id) is { } record ? await answer(record) : NotFound(context, id);
    }

    private static IResult NotFound(HttpContext context, string? id) =>
        ApiError.Of(context, StatusCodes.Status404NotFound, $"Response with id '{id}' not found.");

    private static long AfterOf(string text) => text.Length == 0 ? -1
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var after) ? after
        : throw Problems.BadRequest($"'starting_after' must be a whole number, but is '{text}'.");

    private static IResult Json(JsonObject value)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, JsonResult.Writing))
            value.WriteTo(json);
        return JsonResult.Of(body.WrittenMemory, contentType: "application/json");
    }
}
