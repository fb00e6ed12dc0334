using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary>
/// An address of Ollama in any of the forms that people write: a base address, one of its routes, or a value of <c>OLLAMA_HOST</c>.
/// </summary>
/// <param name="Endpoint">The endpoint that it names.</param>
/// <param name="User">The user and password before the host, as they are written; null: none.</param>
internal sealed partial record OllamaAddress(OllamaEndpoint Endpoint, string? User)
{
    /// <summary>The port of an address with neither a scheme nor a port, as in <c>OLLAMA_HOST</c>.</summary>
    private const string DefaultPort = "11434";

    private static readonly string[] Routes =
    [
        "/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/api/tags", "/api/ps", "/api/version", "/api/show", "/api/pull",
        "/api/push",
    ];

    /// <summary>Parses an address.</summary>
    /// <exception cref="FormatException">
    /// The address is bad. The message says why, as the end of a sentence, and quotes nothing that may be secret.
    /// </exception>
    public static OllamaAddress Parse(string text)
    {
        text = text.Trim().Trim('"', '\'').Trim();
        var (scheme, rest) = SplitScheme(text);
        var authority = rest[..(rest.AsSpan().IndexOfAny("/?#\\") is >= 0 and var end ? end : rest.Length)];
        var at = authority.LastIndexOf('@');
        var user = authority[..Math.Max(at, 0)];
        var (host, port) = SplitPort(authority[(at + 1)..]);
        if (scheme is null && port is null && host.Equals("ollama.com", StringComparison.OrdinalIgnoreCase))
            scheme = "https"; // As with OLLAMA_HOST.
        port ??= scheme switch { null => DefaultPort, "http" => "80", _ => "443" };
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            throw new FormatException("its port must be a number from 1 to 65535");

        var uri = UriOf($"{scheme ?? "http"}://{host}:{number}{PathOf(rest[authority.Length..])}");
        return new(new(Dialled(uri)), user is "" or ":" ? null : user);
    }

    private static (string? Scheme, string Address) SplitScheme(string text) => text.Split("://", 2) switch
    {
        [var scheme, var rest] when scheme.ToLowerInvariant() is "http" or "https" => (scheme.ToLowerInvariant(), rest),
        [_, _] => throw new FormatException("it must begin with http:// or https://"),
        _ => (null, text),
    };

    /// <summary>The host, with brackets around an IPv6 address, and the port; null: no port is given.</summary>
    private static (string Host, string? Port) SplitPort(string text)
    {
        // IPAddress.TryParse ignores a port after brackets, so such a text is left to the code below.
        if (!text.Contains("]:", StringComparison.Ordinal)
            && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6)
            return ($"[{address}]", null);
        var colon = text.LastIndexOf(':') is >= 0 and var last && last > text.LastIndexOf(']') ? last : text.Length;
        var (host, port) = (text[..colon], colon < text.Length ? text[(colon + 1)..] : null);
        if (host.ToLowerInvariant() is "http" or "https")
            throw new FormatException("two slashes are missing after its http: or https:");
        if (host.Length == 0 && string.IsNullOrEmpty(port))
            throw new FormatException("it names no host");
        // In OLLAMA_HOST an empty host stands for all addresses of this machine, one of which is localhost.
        return (host.Length == 0 ? "localhost" : host, port is "" ? null : port);
    }

    /// <summary>The path of the API: what follows the host, without one of Ollama's own routes at its end.</summary>
    private static string PathOf(string tail)
    {
        if (tail.AsSpan().IndexOfAny("?#\\@") is >= 0 and var wrong)
        {
            throw new FormatException(tail[wrong] switch
            {
                '\\' => "it has a backslash; write slashes",
                '@' => "it has an @ after a slash; write a slash in a user name or a password as %2F",
                _ => "it must end with the path; write a ? or # in a user name or a password as %3F or %23",
            });
        }
        var path = Slashes().Replace(tail, "/").TrimEnd('/');
        var start = OllamaRoute().Replace(path, "");
        if (start.StartsWith("/api/", StringComparison.OrdinalIgnoreCase) && Spelling.Nearest(start, Routes) is { } route)
            throw new FormatException($"its path is not a route of Ollama's; did you mean {route}?");
        return start + "/";
    }

    private static Uri UriOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0
            ? uri : throw new FormatException("its host is neither a name nor an address");

    /// <summary>Replaces the addresses that mean "all interfaces" to a server: they cannot be connected to.</summary>
    private static Uri Dialled(Uri uri)
    {
        if (!IPAddress.TryParse(uri.Host, out var address))
            return uri;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.Equals(IPAddress.Any))
            return new UriBuilder(uri) { Host = "127.0.0.1" }.Uri;
        // A server on [::] listens on IPv4 as well, and the machine may have no IPv6.
        return address.Equals(IPAddress.IPv6Any) ? new UriBuilder(uri) { Host = "localhost" }.Uri : uri;
    }

    [GeneratedRegex("/{2,}")]
    private static partial Regex Slashes();

    /// <summary>One of Ollama's own or compatible routes at the end of a path.</summary>
    [GeneratedRegex("/(api(/(generate|chat|embed|embeddings|tags|ps|version|show|pull|push|create|copy|delete|me|blobs(/[^/]*)?))?"
        + "|v1(/(chat(/completions)?|completions|embeddings|models(/[^/]*)?|responses|messages))?)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OllamaRoute();
}
