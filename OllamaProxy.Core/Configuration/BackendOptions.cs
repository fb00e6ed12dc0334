using System.Net;
using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>A backend, as <c>OLLAMA_URL</c> configures it.</summary>
/// <param name="Endpoint">Its address.</param>
public sealed record BackendOptions(OllamaEndpoint Endpoint)
{
    /// <summary>How many prompts it runs at once; null: <c>OLLAMA_CONCURRENCY</c>.</summary>
    public int? Concurrency { get; init; }

    /// <summary>How many of these are only for prompts of a priority above 0.</summary>
    public int Reserved { get; init; }

    /// <summary>The only models that it may be asked for; empty: all that it has.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Headers that are added to every request to it: its credentials. They are secret, and are sent nowhere else.</summary>
    public HeaderList Headers { get; init; } = HeaderList.Empty;

    /// <summary>The HTTP or SOCKS proxy in front of it; null: none.</summary>
    public BackendProxy? Proxy { get; init; }
}

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
