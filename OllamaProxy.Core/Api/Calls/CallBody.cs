using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Calls;

/// <summary>Reads the body of a call as Ollama will read it.</summary>
internal static class CallBody
{
    /// <summary>The body, decoded if it came encoded and Ollama decodes it.</summary>
    /// <param name="endpoint">The route.</param>
    /// <param name="request">The call.</param>
    /// <param name="body">Its body, as it came.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <param name="reserve">Is called with the number of bytes that decoding is about to allocate.</param>
    /// <exception cref="ProblemException">
    /// 400: it is broken, or encoded in a way that Ollama does not read; 413: it is larger than <paramref name="maxBytes"/>.
    /// </exception>
    public static ReadOnlyMemory<byte> Decode(ApiRoute endpoint, HttpRequest request, ReadOnlyMemory<byte> body, int maxBytes,
        Action<long> reserve)
    {
        if (request.Headers.ContentEncoding.Count == 0)
            return body;
        if (EncodedBody.IsDecoded(endpoint, request.Headers.ContentEncoding[0] ?? ""))
            return Decode(body, maxBytes, reserve);
        return EncodedBody.WhyNotJson(body.Span) is { } error ? throw Problems.BadRequest(error) : body;
    }

    private static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> body, int maxBytes, Action<long> reserve)
    {
        try
        {
            return EncodedBody.Decode(body, maxBytes, reserve) ?? throw RequestBody.TooLarge(maxBytes);
        }
        catch (InvalidDataException exception)
        {
            throw Problems.BadRequest($"The body is not what its Content-Encoding, zstd, says, or it is broken: {exception.Message}.");
        }
    }
}
