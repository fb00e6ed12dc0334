using System.Diagnostics.CodeAnalysis;
using System.Net;
namespace OllamaProxy.Simulator;

/// <summary>The only addresses a simulator listens on.</summary>
internal static class Loopback
{
    /// <summary>Reads an http address; false for any other, and for one that is not on loopback.</summary>
    public static bool TryParse(string? url, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || !uri.IsLoopback) return false;
        endPoint = new IPEndPoint(IPAddress.TryParse(uri.DnsSafeHost, out var address) ? address : IPAddress.Loopback, uri.Port);
        return true;
    }
}
