using System.Collections.Frozen;
using System.Net.Http.Headers;
using OllamaProxy.Prompts;

namespace OllamaProxy.Ollama;

/// <summary>Which headers pass through, and which do not.</summary>
public static class HeaderRules
{
    /// <summary>Those that are about one connection (RFC 9110, section 7.6.1), and the length, which follows from the body.</summary>
    private static readonly string[] HopByHop =
    [
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
    ];

    /// <summary>
    /// Beside those: what a client says to this program and not to Ollama, which refuses foreign hosts and origins, and an encoding
    /// in which the answer could not be read.
    /// </summary>
    private static readonly FrozenSet<string> NotForOllama = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        [.. HopByHop, "Host", "Origin", "Referer", "Authorization", "Cookie", "X-API-Key", "Accept-Encoding", "Expect", "Prefer", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"]);

    /// <summary>Beside those: what this program says itself.</summary>
    private static readonly FrozenSet<string> NotForClient = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        [.. HopByHop, "Date", "Server", "Set-Cookie", "Allow", "Vary", "Cache-Control"]);

    /// <summary>Of a client's headers, those that go to Ollama.</summary>
    public static HeaderList ForOllama(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = all.Where(header => header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            .SelectMany(header => header.Value.Split(',', StringSplitOptions.TrimEntries)).ToList();
        return new(all.FindAll(header =>
            !NotForOllama.Contains(header.Key) && !header.Key.StartsWith(':') && !named.Contains(header.Key, StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>Of the headers of Ollama's answer, those that go to the client.</summary>
    public static HeaderList ForClient(HttpResponseMessage response) => new([
        .. Of(response.Headers), .. Of(response.Content.Headers),
    ]);

    private static IEnumerable<KeyValuePair<string, string>> Of(HttpHeaders headers) => headers.NonValidated
        .Where(header => !NotForClient.Contains(header.Key) && !header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase))
        .SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value));
}
