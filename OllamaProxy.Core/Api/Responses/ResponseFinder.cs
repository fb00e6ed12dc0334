using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Api.Responses;

/// <summary>
/// Finds the responses that can be fetched: those of <c>/v1/responses</c> that are the caller's and were not sent with <c>store: false</c>.
/// </summary>
public sealed class ResponseFinder(IPromptReader reader, RequestBody bodies, OllamaProxyOptions options)
{
    /// <summary>How many times the length of a body its JSON takes while it is read and written.</summary>
    private const int PerByte = 4;

    /// <summary>The response with an id; null: there is none that the caller may know of.</summary>
    internal async Task<ResponseRecord?> FindAsync(HttpContext context, string? id) =>
        await FindPromptAsync(context, id) is { } prompt && await ReadAsync(context, prompt, NoInput) is { Call.IsStored: true } record
            ? record : null;

    /// <summary>The same with the items that were sent, which may be long.</summary>
    internal async Task<(ResponseRecord Record, IReadOnlyList<JsonNode> Input)?> FindWithInputAsync(HttpContext context, string? id)
    {
        IReadOnlyList<JsonNode> input = [];
        return await FindPromptAsync(context, id) is { } prompt
            && await ReadAsync(context, prompt, sent => input = [.. ResponseAnswer.ItemsOf(sent)]) is { Call.IsStored: true } record
            ? (record, input) : null;
    }

    /// <summary>A prompt that came in by <c>/v1/responses</c>, with what was sent; null: it was deleted.</summary>
    internal Task<ResponseRecord?> ReadAsync(HttpContext context, Prompt prompt) => ReadAsync(context, prompt, NoInput);

    private async Task<Prompt?> FindPromptAsync(HttpContext context, string? id) =>
        ResponseId.Parse(id) is { } uuid && await reader.FindAsync(uuid, context.RequestAborted) is { } prompt
            && prompt.Endpoint == ApiRoute.Responses.Path && context.Caller().Sees(prompt) ? prompt : null;

    private async Task<ResponseRecord?> ReadAsync(HttpContext context, Prompt prompt, Action<JsonNode?> readInput)
    {
        if (await reader.FindContentAsync(prompt.Id, context.RequestAborted) is not { Call: { } call })
            return null;
        using var reservation = bodies.Reserve(context);
        if (call.LongBody is { } stored)
            reservation.Add(PerByte * stored.Length);
        var body = await ResponseCalls.ReadBodyAsync(call, options.MaxBodyBytes, context.RequestAborted);
        var sent = ResponseAnswer.Parse(body.Span) ?? [];
        readInput(sent["input"]);
        // Copies, since the fields of what was parsed hold all of it.
        var fields = sent.Where(field => field.Key != "input").Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()));
        return new(prompt, ResponseCall.Read(body), new JsonObject(fields));
    }

    private static void NoInput(JsonNode? input)
    {
        // It is not asked for.
    }
}
