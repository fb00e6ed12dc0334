using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>Reads request bodies.</summary>
internal static class RequestBody
{
    /// <summary>How much memory a client gets for a length that it only claims.</summary>
    private const long MaxClaimed = 1024 * 1024;

    /// <summary>The whole body.</summary>
    /// <exception cref="ProblemException">413: it is larger than <paramref name="maxBytes"/>; 400: it is malformed.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);

        var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MaxClaimed));
        while (true)
        {
            var read = await ReadNextAsync(request, cancellationToken);
            var tooLarge = body.Length + read.Buffer.Length > maxBytes;
            if (!tooLarge)
                foreach (var segment in read.Buffer)
                    body.Write(segment.Span);
            // Also when giving up: a reader that is left amid a read costs the client its connection.
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (tooLarge)
                throw TooLarge(maxBytes);
            if (read.IsCompleted)
                return body.GetBuffer().AsMemory(0, (int)body.Length);
        }
    }

    /// <summary>What comes next of a body.</summary>
    /// <exception cref="ProblemException">
    /// 400: it is no body by the rules of HTTP, such as chunks without a size; 408: it comes too slowly.
    /// </exception>
    public static async ValueTask<ReadResult> ReadNextAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.BodyReader.ReadAsync(cancellationToken);
        }
        // Kestrel throws a plain IOException for some chunks. A connection that is broken is another matter: nobody is left to be told.
        catch (IOException exception) when (exception is not ConnectionResetException)
        {
            var status = (exception as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
            throw new ProblemException(status, $"The body of the request cannot be read: {exception.Message}");
        }
    }

    /// <summary>413: the body is larger than that, as it came or decoded.</summary>
    public static ProblemException TooLarge(int maxBytes) => new(StatusCodes.Status413PayloadTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"The body is larger than {maxBytes} bytes, the most that OLLAMA_PROXY_MAX_BODY_BYTES allows."));
}
