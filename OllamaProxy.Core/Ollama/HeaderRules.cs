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
    /// The headers that Ollama and its compatible APIs read, or pass on for models in Ollama's cloud. No other header is sent to Ollama or
    /// stored: what clients and gateways add can be a secret, under any name.
    /// </summary>
    private static readonly FrozenSet<string> ReadByOllama = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Accept", "Content-Type", "Content-Encoding", "User-Agent", "X-Requested-With", "OpenAI-Beta", "Anthropic-Version", "Anthropic-Beta");

    /// <summary>The beginning of those by which the client libraries of OpenAI and Anthropic describe themselves.</summary>
    private const string ClientLibraryPrefix = "X-Stainless-";

    /// <summary>Beside those: what this program says itself.</summary>
    private static readonly FrozenSet<string> NotForClient = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        [.. HopByHop, "Date", "Server", "Set-Cookie", "Allow", "Vary", "Cache-Control", "X-Content-Type-Options", "X-Prompt-Id", "Preference-Applied", "X-Should-Retry"]);

    /// <summary>Of a client's headers, those that go to Ollama.</summary>
    public static HeaderList ForOllama(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = NamedByConnection(all);
        return new(all.FindAll(header =>
            (ReadByOllama.Contains(header.Key) || header.Key.StartsWith(ClientLibraryPrefix, StringComparison.OrdinalIgnoreCase))
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
