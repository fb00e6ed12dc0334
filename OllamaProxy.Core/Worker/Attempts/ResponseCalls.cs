using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Worker.Attempts;

/// <summary>Reads stored calls of <c>/v1/responses</c>.</summary>
internal static class ResponseCalls
{
    /// <summary>The body of a call as Ollama reads it: decoded, if it came encoded. Empty: it is broken, or too long.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(ApiCall call, int maxBytes, CancellationToken cancellationToken)
    {
        var body = call.LongBody is { } stored ? await stored.ReadWholeAsync(cancellationToken) : call.Body;
        if (call.Headers.Find("Content-Encoding") is not { } encoding || !EncodedBody.IsDecoded(ApiRoute.Responses, encoding))
            return body;
        try
        {
            return EncodedBody.Decode(body, maxBytes) ?? default;
        }
        catch (InvalidDataException)
        {
            return default;
        }
    }
}
