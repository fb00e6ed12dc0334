using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OllamaProxy.Server;

/// <summary>
/// How large a request's head may be, and how slow a client, before Kestrel refuses the request or closes the connection. These are
/// Kestrel's defaults, stated because the documentation promises them. The size of bodies is limited by Core, on both hosts.
/// </summary>
internal static class ConnectionLimits
{
    /// <summary>Sets the limits.</summary>
    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = 8 * 1024; // 414
        limits.MaxRequestHeaderCount = 100; // 431
        limits.MaxRequestHeadersTotalSize = 32 * 1024; // 431
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(30); // 408
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        // On the average of a request or an answer: 408 for a slower body, and a slower reader loses its connection.
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
    }
}
