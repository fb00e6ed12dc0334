using System.Net;

namespace OllamaProxy.Configuration;

/// <summary>A proxy between this program and a backend.</summary>
/// <param name="Address">Where it is, without credentials.</param>
/// <param name="Setting">The environment variable that names it.</param>
public sealed record BackendProxy(Uri Address, string Setting)
{
    /// <summary>What it is told when it asks who is calling; null: nothing. They are secret.</summary>
    public NetworkCredential? Credentials { get; init; }

    /// <summary>It as an HTTP client takes it.</summary>
    public IWebProxy ToWebProxy() => new WebProxy(Address) { Credentials = Credentials };

    /// <summary>How errors name it.</summary>
    public override string ToString() => $"the proxy {Address} (of {Setting}; NO_PROXY makes exceptions)";
}
