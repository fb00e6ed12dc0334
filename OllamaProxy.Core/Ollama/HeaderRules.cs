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
    /// What Ollama and its compatible APIs read, or hand on where a model runs in Ollama's cloud. Nothing else goes there, nor into the
    /// database: what gateways add can be a secret, under any name.
    /// </summary>
    private static readonly FrozenSet<string> ForOllamaToRead = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Accept", "Content-Type", "Content-Encoding", "User-Agent", "X-Requested-With", "OpenAI-Beta", "Anthropic-Version", "Anthropic-Beta");

    /// <summary>Likewise, by how they begin: what the client libraries of OpenAI and Anthropic tell of themselves.</summary>
    private const string OfClientLibraries = "X-Stainless-";

    /// <summary>Beside those: what this program says itself.</summary>
    private static readonly FrozenSet<string> NotForClient = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        [.. HopByHop, "Date", "Server", "Set-Cookie", "Allow", "Vary", "Cache-Control", "X-Content-Type-Options", "X-Prompt-Id", "Preference-Applied", "X-Should-Retry"]);

    /// <summary>Of a client's headers, those that go to Ollama.</summary>
    public static HeaderList ForOllama(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = NamedByConnection(all);
        return new(all.FindAll(header =>
            (ForOllamaToRead.Contains(header.Key) || header.Key.StartsWith(OfClientLibraries, StringComparison.OrdinalIgnoreCase))
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
