using System.Net;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Settings;

namespace OllamaProxy.Api;

/// <summary>
/// The pages of which origins may call the API: those that this program serves itself, local ones, and those of
/// <c>OLLAMA_PROXY_CORS_ORIGINS</c>. Whoever else is visited must not read prompts or start work.
/// </summary>
public sealed class OriginPolicy
{
    /// <summary>Of programs on this machine, as Ollama lets them in, and of browser extensions.</summary>
    private static readonly HashSet<string> LocalSchemes =
    [
        "app", "file", "tauri", "vscode-webview", "vscode-file",
        "chrome-extension", "moz-extension", "safari-extension", "safari-web-extension", "ms-browser-extension",
    ];

    private readonly List<OriginPattern> _patterns = [];

    /// <summary>Reads the settings, which have been looked over before.</summary>
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

    /// <summary>Whether the page that sent a request may do so. A request without <c>Origin</c> is no page's, or does nothing.</summary>
    public bool Allows(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || AllowsAll || Allows(request, request.Headers.Origin.ToString());

    /// <summary>
    /// Whether a page may do what not all that are let in may: one on this machine, or of a host that the settings name. That they allow
    /// all hosts is not enough.
    /// </summary>
    public bool Trusts(string origin) =>
        Origin.TryParse(origin, out var known)
        && ((known.IsOfWeb && LocalNetwork.IsLoopback(known.Host)) || _patterns.Exists(pattern => pattern.NamesHost && pattern.Matches(known)));

    private bool Allows(HttpRequest request, string text)
    {
        if (text.Length == 0 || IsSameOriginSaidByBrowser(request))
            return true;
        if (text == OriginPattern.Null)
            return _patterns.Exists(pattern => pattern.Matches(null));
        return Origin.TryParse(text, out var origin)
            && (IsLocal(origin) || IsOwn(origin, request.Headers.Host) || _patterns.Exists(pattern => pattern.Matches(origin)));
    }

    /// <summary>
    /// Whether the browser itself sees the page and this server at one origin (https://www.w3.org/TR/fetch-metadata/), which no script can
    /// make it say. What stands in front of this server may send another <c>Host</c>, so that the comparison is the browser's alone.
    /// </summary>
    private static bool IsSameOriginSaidByBrowser(HttpRequest request) => request.Headers["Sec-Fetch-Site"] == "same-origin";

    /// <summary>Whether the page is one of this server's. What stands in front of it may end TLS: the scheme is not compared.</summary>
    private static bool IsOwn(Origin origin, string? host) =>
        origin.IsOfWeb && Origin.TryParse($"{origin.Scheme}://{host}", out var own) && own == origin;

    private static bool IsLocal(Origin origin)
    {
        if (!origin.IsOfWeb)
            return LocalSchemes.Contains(origin.Scheme);
        return IPAddress.TryParse(origin.Host, out var address)
            ? LocalNetwork.IsLocal(address)
            : LocalNetwork.IsLoopbackName(origin.Host) || LocalNetwork.IsMulticastName(origin.Host);
    }
}
