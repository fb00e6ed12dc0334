using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace OllamaProxy.Simulator;

/// <summary>Restricts the simulator to loopback addresses.</summary>
internal static class Loopback
{
    /// <summary>Parses an http address; false: it is another kind of address, or not on loopback.</summary>
    public static bool TryParse(string? url, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || !uri.IsLoopback) return false;
        endPoint = new IPEndPoint(IPAddress.TryParse(uri.DnsSafeHost, out var address) ? address : IPAddress.Loopback, uri.Port);
        return true;
    }
}
