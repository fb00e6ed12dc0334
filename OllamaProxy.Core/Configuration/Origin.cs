using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary>
/// An origin (RFC 6454) as browsers send it in the header <c>Origin</c>: scheme, host and port, without a path. In a pattern each of the
/// three may contain <c>*</c>.
/// </summary>
/// <param name="Scheme">The scheme, in lower case.</param>
/// <param name="Host">
/// The host, in lower case, IPv6 in its shortest form and without brackets; empty where the scheme has none (<c>file</c>).
/// </param>
/// <param name="Port">The port, a number or <c>*</c>; empty: the default of the scheme.</param>
internal readonly partial record struct Origin(string Scheme, string Host, string Port)
{
    /// <summary>Parses an origin or a pattern. False: no browser sends such an origin.</summary>
    public static bool TryParse(string text, out Origin origin)
    {
        origin = default;
        var match = Form().Match(text.ToLowerInvariant());
        if (!match.Success)
            return false;
        var (scheme, host) = (match.Groups["scheme"].Value, match.Groups["host"].Value);
        if (!TryReadPort(scheme, match.Groups["port"].Value, out var port))
            return false;
        if (IsWebScheme(scheme) && !TryReadHost(ref host))
            return false;
        origin = new(scheme, host, port);
        // No page has an origin of these schemes.
        return scheme is not ("ws" or "wss" or "ftp");
    }

    /// <summary>Whether the scheme is <c>http</c> or <c>https</c>.</summary>
    public bool IsWeb => IsWebScheme(Scheme);

    private static bool IsWebScheme(string scheme) => scheme is "http" or "https";

    /// <summary>Normalises the port: browsers leave out the default port of a scheme.</summary>
    private static bool TryReadPort(string scheme, string text, out string port)
    {
        port = text;
        if (text is "" or "*")
            return true;
        var number = int.Parse(text, CultureInfo.InvariantCulture);
        port = (scheme, number) is ("http", 80) or ("https", 443) ? "" : number.ToString(CultureInfo.InvariantCulture);
        return number is > 0 and <= ushort.MaxValue;
    }

    /// <summary>
    /// Normalises the host. A host whose last label is a number must be an IPv4 address (https://url.spec.whatwg.org/#host-parsing).
    /// </summary>
    private static bool TryReadHost(ref string host)
    {
        if (host.StartsWith('['))
            return TryReadAddress(ref host);
        host = host.EndsWith('.') ? host[..^1] : host;
        var labels = host.Split('.');
        return Array.TrueForAll(labels, label => label.Length is > 0 and <= 63)
            && (host.Contains('*') || !labels[^1].All(char.IsAsciiDigit) || (labels.Length == 4 && IPAddress.TryParse(host, out _)));
    }

    private static bool TryReadAddress(ref string host)
    {
        if (!IPAddress.TryParse(host, out var address))
            return false;
        host = address.ToString();
        return true;
    }

    [GeneratedRegex(
        @"^(?<scheme>[a-z*][a-z0-9+.*-]*)://(?<host>\[[0-9a-f:.]+\]|[a-z0-9._*-]*)(:(?<port>[0-9]{1,5}|\*))?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
