using System.Buffers;
using System.Globalization;
using System.Net;

namespace OllamaProxy.Server;

/// <summary>
/// Validates the addresses of <c>--urls</c> or <c>ASPNETCORE_URLS</c>. Kestrel itself reports some bad addresses only late, and understands
/// others in unexpected ways.
/// </summary>
internal static class ListenAddresses
{
    private const string Example = "http://0.0.0.0:8000 or http://127.0.0.1:8000";

    private static readonly SearchValues<char> NotInAuthority = SearchValues.Create("/?#@\\ ");

    /// <summary>A line for each address that cannot be listened on.</summary>
    public static IEnumerable<string> MistakesOf(string urls)
    {
        foreach (var address in urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (MistakeOf(address) is { } mistake)
                yield return $"The address to listen on (--urls or ASPNETCORE_URLS) is '{address}', but {mistake}.";
    }

    /// <summary>Whether other machines can reach this address; of a name that is not localhost, they may.</summary>
    public static bool IsBeyondThisMachine(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && !uri.IsLoopback;

    private static string? MistakeOf(string address)
    {
        var parts = address.Split("://", 2);
        if (parts.Length < 2)
            return $"it must begin with http://, such as {Example}";
        if (parts[0].Equals("https", StringComparison.OrdinalIgnoreCase))
            return "https is not supported; use http://, and put a web server in front for https";
        if (!parts[0].Equals("http", StringComparison.OrdinalIgnoreCase))
            return $"it must begin with http://, such as {Example}";
        if (parts[1].StartsWith("unix:/", StringComparison.Ordinal) || parts[1].StartsWith("pipe:/", StringComparison.Ordinal))
            return null;
        return parts[1].TrimEnd('/') is var authority && authority.AsSpan().IndexOfAny(NotInAuthority) >= 0
            ? "it must end with the port"
            : MistakeOfAuthority(authority);
    }

    private static string? MistakeOfAuthority(string authority)
    {
        var colon = authority.LastIndexOf(':') is >= 0 and var last && last > authority.LastIndexOf(']') ? last : authority.Length;
        var host = authority[..colon];
        if (host.Length == 0)
            return $"it names no host; {Example}";
        if (colon == authority.Length)
            return null;
        if (!ushort.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return "its port must be a number from 0 to 65535";
        if (port == 0 && host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return "any port (0) needs an address, such as http://127.0.0.1:0";
        var name = host.Trim('[', ']');
        return name.Contains(':') && !IPAddress.TryParse(name, out _) ? "its host is neither a name nor an address" : null;
    }
}
