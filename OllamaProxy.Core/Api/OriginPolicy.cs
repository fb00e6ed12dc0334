using System.Net;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Configuration;

namespace OllamaProxy.Api;

/// <summary>
/// Decides which pages may call the API, by their origin: those that this server serves itself, local ones, and those in
/// <c>OLLAMA_PROXY_CORS_ORIGINS</c>. A page of any other site must neither read prompts nor start work.
/// </summary>
public sealed class OriginPolicy
{
    /// <summary>The schemes of desktop programs that Ollama lets in, and those of browser extensions.</summary>
    private static readonly HashSet<string> LocalSchemes =
    [
        "app", "file", "tauri", "vscode-webview", "vscode-file",
        "chrome-extension", "moz-extension", "safari-extension", "safari-web-extension", "ms-browser-extension",
    ];

    private readonly List<OriginPattern> _patterns = [];

    /// <summary>Reads the settings, which were validated at the start.</summary>
    public OriginPolicy(OllamaProxyOptions options)
    {
        foreach (var text in options.CorsOrigins)
            if (text == OriginPattern.All)
                AllowsAll = true;
            else if (OriginPattern.TryParse(text, out var pattern))
                _patterns.Add(pattern);
    }

    /// <summary>Whether all origins are let in.</summary>
    public bool AllowsAll { get; }

    /// <summary>
    /// Whether a request is allowed. One without <c>Origin</c> does not come from a page, or is a GET whose answer the page cannot read.
    /// </summary>
    public bool Allows(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || AllowsAll || Allows(request, request.Headers.Origin.ToString());

    /// <summary>
    /// Whether pages of an origin may also manage models: those on this machine, and those whose host the settings name. A setting that
    /// lets in any host is not enough.
    /// </summary>
    public bool Trusts(string origin)
    {
        if (!Origin.TryParse(origin, out var parsed))
            return false;
        return (parsed.IsWeb && LocalNetwork.IsLoopback(parsed.Host))
            || _patterns.Exists(pattern => pattern.NamesHost && pattern.Matches(parsed));
    }

    /// <summary>Whether a request comes from a page of this server, as far as the browser says: it says so of every change.</summary>
    public static bool IsOwn(HttpRequest request) => IsSameOriginToBrowser(request)
        || (request.Headers["Sec-Fetch-Site"].Count == 0
            && Origin.TryParse(request.Headers.Origin.ToString(), out var origin) && IsOwn(origin, request.Headers.Host));

    private bool Allows(HttpRequest request, string text)
    {
        if (text.Length == 0 || IsSameOriginToBrowser(request))
            return true;
        if (text == OriginPattern.Null)
            return _patterns.Exists(pattern => pattern.Matches(null));
        return Origin.TryParse(text, out var origin)
            && (IsLocal(origin) || IsOwn(origin, request.Headers.Host) || _patterns.Exists(pattern => pattern.Matches(origin)));
    }

    /// <summary>
    /// Whether the browser says that page and server have the same origin (https://www.w3.org/TR/fetch-metadata/). No script can set this
    /// header. It decides where a reverse proxy changes <c>Host</c>, so that the origin cannot be compared here.
    /// </summary>
    private static bool IsSameOriginToBrowser(HttpRequest request) => request.Headers["Sec-Fetch-Site"] == "same-origin";

    /// <summary>Whether the origin is that of this server. The scheme is not compared, since a reverse proxy may terminate TLS.</summary>
    private static bool IsOwn(Origin origin, string? host) =>
        origin.IsWeb && Origin.TryParse($"{origin.Scheme}://{host}", out var own) && own == origin;

    private static bool IsLocal(Origin origin)
    {
        if (!origin.IsWeb)
            return LocalSchemes.Contains(origin.Scheme);
        return IPAddress.TryParse(origin.Host, out var address)
            ? LocalNetwork.IsLocal(address)
            : LocalNetwork.IsLoopbackName(origin.Host) || LocalNetwork.IsMulticastName(origin.Host);
    }
}
