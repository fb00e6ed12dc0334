using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Responses;

/// <summary>A call of <c>/v1/responses</c> that asks for something that Ollama does not do.</summary>
/// <param name="Call">What it asks for.</param>
/// <param name="Body">Its body, decoded.</param>
internal sealed record SpecialResponseCall(ResponseCall Call, ReadOnlyMemory<byte> Body)
{
    private const string Encoding = "Content-Encoding";

    /// <summary>Why it cannot be done; null: it can.</summary>
    public string? WhyNot => Call is { IsBackground: true, IsStored: false }
        ? "A response in the background is stored: 'background: true' does not go with 'store: false'." : null;

    /// <summary>The call with this body; null: it asks for nothing of the kind.</summary>
    public static SpecialResponseCall? Read(ReadOnlyMemory<byte> body) =>
        ResponseCall.ReadIfSpecial(body) is { } call ? new(call, body) : null;

    /// <summary>Where the client wants to be told how a response in the background ends; null: nowhere.</summary>
    /// <exception cref="ProblemException">400: the fields are no good.</exception>
    public Callback? ReadCallback(CallbackReader callbacks)
    {
        if (!Call.IsBackground)
            return null;
        using var document = JsonReading.Parse(Body);
        try
        {
            return callbacks.Read(new(document.RootElement), CallbackEvents.OfResponses);
        }
        catch (InvalidOperationException)
        {
            throw Problems.BadRequest($"'{CallbackReader.UrlField}' or '{CallbackReader.EventsField}' holds half of a surrogate pair.");
        }
    }

    /// <summary>The call as it is stored.</summary>
    public ApiCall ToCall(HttpContext context)
    {
        var headers = HeaderFilter.ForOllama(context.Request.AllHeaders()).All
            .Where(header => !header.Key.Equals(Encoding, StringComparison.OrdinalIgnoreCase));
        if (Call.PreviousId is { } previous)
            headers = headers.Append(new(ResponseCall.PreviousHeader, previous));
        return new(ApiRoute.Responses.Path, context.Request.QueryString.ToString(), new([.. headers]), Body);
    }
}
