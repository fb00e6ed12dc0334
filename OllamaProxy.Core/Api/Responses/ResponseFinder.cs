using System.Text.Json;
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
    internal async Task<ResponseRecord?> FindAsync(HttpContext context, string? id)
    {
        if (ResponseId.Parse(id) is not { } uuid || await reader.FindAsync(uuid, context.RequestAborted) is not { } prompt
            || prompt.Endpoint != ApiRoute.Responses.Path || !context.Caller().Sees(prompt))
            return null;
        return await ReadAsync(context, prompt) is { Call.IsStored: true } record ? record : null;
    }

    /// <summary>A prompt that came in by <c>/v1/responses</c>, with what was sent; null: it was deleted.</summary>
    internal async Task<ResponseRecord?> ReadAsync(HttpContext context, Prompt prompt)
    {
        if (await reader.FindContentAsync(prompt.Id, context.RequestAborted) is not { Call: { } call })
            return null;
        using var reservation = bodies.Reserve(context);
        if (call.LongBody is { } body)
            reservation.Add(PerByte * body.Length);
        var sent = ResponseAnswer.Parse((await ResponseCalls.ReadBodyAsync(call, options.MaxBodyBytes, context.RequestAborted)).Span) ?? [];
        using var document = JsonDocument.Parse(sent.ToJsonString());
        return new(prompt, ResponseCall.Read(document.RootElement), sent);
    }
}
