using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>Keeps what stands in front of this program from holding streams back: nginx does unless it is told not to.</summary>
internal static class ProxyBuffering
{
    /// <summary>Has an answer passed on as it comes.</summary>
    public static void Disable(HttpResponse response) => response.Headers["X-Accel-Buffering"] = "no";

    /// <summary>Likewise, if it comes in parts: by its type, or since nobody can tell how long it is.</summary>
    public static void DisableForStream(HttpResponse response)
    {
        var type = response.ContentType.AsSpan();
        if (response.ContentLength is null || type.StartsWith("application/x-ndjson", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith(EventStream.MediaType, StringComparison.OrdinalIgnoreCase))
            Disable(response);
    }
}
