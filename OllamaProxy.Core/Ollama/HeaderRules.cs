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
    /// Beside those: what a client, or what stands in front of this program, says to it and not to Ollama, which refuses foreign hosts
    /// and origins, and an encoding in which the answer could not be read.
    /// </summary>
    private static readonly FrozenSet<string> NotForOllama = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        [.. HopByHop, "Host", "Origin", "Referer", "Authorization", "Cookie", "X-API-Key", "Api-Key", "X-Goog-Api-Key", "X-Functions-Key", "Accept-Encoding", "Expect", "Prefer", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"]);

    /// <summary>Likewise, by how they begin: those of Azure's front, which tell who the client is, and a browser's, of its page.</summary>
    private static readonly string[] NotForOllamaFrom = [":", "X-MS-", "Sec-Fetch-"];

    /// <summary>Beside those: what this program says itself.</summary>
    private static readonly FrozenSet<string> NotForClient = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        [.. HopByHop, "Date", "Server", "Set-Cookie", "Allow", "Vary", "Cache-Control", "X-Content-Type-Options", "X-Prompt-Id", "Preference-Applied", "X-Should-Retry"]);

    /// <summary>Of a client's headers, those that go to Ollama.</summary>
    public static HeaderList ForOllama(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = NamedByConnection(all);
        return new(all.FindAll(header =>
            !NotForOllama.Contains(header.Key)
            && !NotForOllamaFrom.Any(beginning => header.Key.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            && !named.Contains(header.Key, StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>Of the headers of Ollama's answer, those that go to the client.</summary>
    public static HeaderList ForClient(HttpResponseMessage response)
    {
        List<KeyValuePair<string, string>> all = [.. Of(response.Headers), .. Of(response.Content.Headers)];
        var named = NamedByConnection(all);
        return new(all.FindAll(header =>
            !NotForClient.Contains(header.Key)
            && !header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)
            && !named.Contains(header.Key, StringComparer.OrdinalIgnoreCase)));
    }

    private static IEnumerable<KeyValuePair<string, string>> Of(HttpHeaders headers) =>
        headers.NonValidated.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value));

    /// <summary>The headers that are about one connection because the sender says so.</summary>
    private static List<string> NamedByConnection(List<KeyValuePair<string, string>> headers) => headers
        .Where(header => header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase))
        .SelectMany(header => header.Value.Split(',', StringSplitOptions.TrimEntries))
        .ToList();
}
