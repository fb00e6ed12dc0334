using OllamaProxy.Configuration;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker.Attempts;

/// <summary>What an attempt sends to Ollama. A prompt that was submitted becomes a call of <c>/api/generate</c>.</summary>
/// <param name="Call">The call.</param>
/// <param name="Route">Its route.</param>
/// <param name="Body">Its body, with the settings applied. Long bodies are read from the store while they are sent.</param>
internal sealed record AttemptRequest(ApiCall Call, ApiRoute Route, HttpContent Body)
{
    private static readonly ApiCall Generate = new(ApiRoute.Generate.Path, "", HeaderList.Empty, default);

    /// <summary>Makes the request of a claimed prompt.</summary>
    /// <exception cref="OllamaException">It is a call of a route that this version does not know.</exception>
    public static async Task<AttemptRequest> CreateAsync(ClaimedPrompt prompt, PreviousResponses previous, OllamaProxyOptions options,
        CancellationToken cancellationToken)
    {
        if (prompt.Call is not { } call)
            return new(Generate, ApiRoute.Generate, await GenerateBodyAsync(prompt, options, cancellationToken));
        var route = ApiRoute.Find(call.Endpoint)
            ?? throw new OllamaException(FailureKind.Permanent, $"'{call.Endpoint}' is no route whose calls are queued.");
        if (call.Headers.Find(ResponseCall.PreviousHeader) is { } id)
            return await GoingOnAsync(call, route, id, previous, cancellationToken);
        return new(call, route, await CallBodyAsync(call, route, options.OptionsOf(prompt.Model ?? ""), options, cancellationToken));
    }

    /// <summary>A call that goes on from an earlier response, which Ollama does not know.</summary>
    private static async Task<AttemptRequest> GoingOnAsync(
        ApiCall call, ApiRoute route, string id, PreviousResponses previous, CancellationToken cancellationToken)
    {
        var body = call.LongBody is { } stored ? await stored.ReadWholeAsync(cancellationToken) : call.Body;
        var headers = call.Headers.All.Where(header => header.Key != ResponseCall.PreviousHeader);
        return new(call with { Headers = new([.. headers]) }, route,
            new ReadOnlyMemoryContent(await previous.PrependAsync(body, id, cancellationToken)));
    }

    private static async Task<HttpContent> GenerateBodyAsync(ClaimedPrompt prompt, OllamaProxyOptions options,
        CancellationToken cancellationToken)
    {
        var defaults = options.OptionsOf(prompt.Model ?? options.Model);
        if (prompt is { LongText: null, LongRequest: null })
            return GenerateRequest.ContentOf(GenerateRequest.Write(
                prompt with { Request = defaults.ApplyTo(prompt.Request) }, options.Model, options.KeepAlive));
        var fields = defaults.ApplyTo(
            prompt.LongRequest is { } request ? await request.ReadWholeAsync(cancellationToken) : prompt.Request);
        return LongGenerateContent.Of(prompt, fields, options.Model, options.KeepAlive);
    }

    private static async Task<HttpContent> CallBodyAsync(ApiCall call, ApiRoute route, DefaultOptions defaults,
        OllamaProxyOptions options, CancellationToken cancellationToken)
    {
        if (!route.Dialect.HasOptions)
            defaults = DefaultOptions.None;
        if (call.LongBody is not { } body)
            return Content(call.Body);
        if (defaults == DefaultOptions.None && (options.KeepAlive is null || !route.Dialect.HasKeepAlive))
            return new LongTextContent(body);
        return Content(await body.ReadWholeAsync(cancellationToken));

        ReadOnlyMemoryContent Content(ReadOnlyMemory<byte> sent) =>
            new(KeepAlive.ApplyDefault(route, defaults.ApplyTo(sent), options.KeepAlive));
    }
}
