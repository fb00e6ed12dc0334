using System.Text;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Callers;

/// <summary>The places in which a request can carry an API key.</summary>
internal static class Credentials
{
    /// <summary>The cookie of the pages.</summary>
    public const string Cookie = "ollama_proxy_key";

    /// <summary>The header of this program's own clients, and of Anthropic's.</summary>
    public const string Header = "X-API-Key";

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>
    /// All that a request shows, in the order in which it counts: libraries send a key of their own beside the one that was set. The
    /// cookie counts last, since no program sends it by mistake.
    /// </summary>
    public static IEnumerable<ShownKey> Of(HttpRequest request)
    {
        foreach (var header in request.Headers[Header])
            if (!string.IsNullOrWhiteSpace(header))
                yield return new(header.Trim(), IsCookie: false);
        foreach (var header in request.Headers.Authorization)
        {
            if (header is null)
                continue;
            if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && header[Bearer.Length..].Trim() is { Length: > 0 } key)
                yield return new(key, IsCookie: false);
            else if (header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) && PasswordOf(header[Basic.Length..]) is { } password)
                yield return new(password, IsCookie: false);
        }
        if (request.Cookies[Cookie] is { Length: > 0 } cookie)
            yield return new(cookie, IsCookie: true);
    }

    /// <summary>The key in an address such as http://user:KEY@host, which comes as RFC 7617 says; null: there is none.</summary>
    private static string? PasswordOf(string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded.Trim(), bytes, out var length))
            return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair[^1].Length > 0 ? pair[^1] : pair[0].Length > 0 ? pair[0] : null;
    }
}

/// <summary>A key that a request shows.</summary>
/// <param name="Key">The key, as it came.</param>
/// <param name="IsCookie">Whether a browser added it by itself.</param>
internal readonly record struct ShownKey(string Key, bool IsCookie);
