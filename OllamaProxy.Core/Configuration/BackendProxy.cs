using System.Net;

namespace OllamaProxy.Configuration;

/// <summary>An HTTP or SOCKS proxy between this program and a backend.</summary>
/// <param name="Address">Its address, without credentials.</param>
/// <param name="Setting">The environment variable that names it.</param>
public sealed record BackendProxy(Uri Address, string Setting)
{
    /// <summary>The credentials that the proxy is given; null: none. They are secret.</summary>
    public NetworkCredential? Credentials { get; init; }

    /// <summary>The proxy in the form that <see cref="HttpClient"/> takes.</summary>
    public IWebProxy ToWebProxy() => new WebProxy(Address) { Credentials = Credentials };

    /// <summary>The proxy, as error messages name it.</summary>
    public override string ToString() => $"the proxy {Address} (of {Setting}; NO_PROXY makes exceptions)";
}
