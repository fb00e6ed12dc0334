using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Streams;

namespace OllamaProxy.Api;

/// <summary>Tells reverse proxies such as nginx, which buffer answers by default, to pass streams on as they come.</summary>
internal static class ProxyBuffering
{
    /// <summary>Marks an answer as not to be buffered.</summary>
    public static void Disable(HttpResponse response) => response.Headers["X-Accel-Buffering"] = "no";

    /// <summary>The same for a stream, which is an answer of a streamed type or without a length.</summary>
    public static void DisableForStream(HttpResponse response)
    {
        if (response.ContentLength is null || IsOfStreamedType(response))
            Disable(response);
    }

    /// <summary>Whether the media type is one that only streams have.</summary>
    public static bool IsOfStreamedType(HttpResponse response)
    {
        var type = response.ContentType.AsSpan();
        return type.StartsWith("application/x-ndjson", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith(EventStream.MediaType, StringComparison.OrdinalIgnoreCase);
    }
}
