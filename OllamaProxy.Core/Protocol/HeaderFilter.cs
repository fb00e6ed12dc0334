using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;

namespace OllamaProxy.Protocol;

/// <summary>Which headers pass through, and which do not.</summary>
public static class HeaderFilter
{
    /// <summary>The header that says what a body is.</summary>
    internal const string ContentType = "Content-Type";

    /// <summary>
    /// The headers that Ollama and its compatible APIs read, or pass on for models in Ollama's cloud. No other header is sent to Ollama or
    /// stored: what clients and gateways add can be a secret, under any name.
    /// </summary>
    private static readonly FrozenSet<string> ReadByOllama = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Accept", "Content-Type", "Content-Encoding", "User-Agent", "X-Requested-With", "OpenAI-Beta", "Anthropic-Version", "Anthropic-Beta");

    /// <summary>The beginning of those by which the client libraries of OpenAI and Anthropic describe themselves.</summary>
    private const string ClientLibraryPrefix = "X-Stainless-";

    /// <summary>
    /// The headers of an answer that a client of an API needs: what the body is, when to come again, and what support is told of. No other
    /// is passed on or stored: the answer is served on the origin of this program, and a header such as <c>Set-Cookie</c>,
    /// <c>Clear-Site-Data</c> or <c>Refresh</c> would act on that. What this program says itself, such as <c>X-Prompt-Id</c>, is not
    /// among them.
    /// </summary>
    private static readonly FrozenSet<string> ReadByClients = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        ContentType, "Content-Encoding", "Retry-After", "Retry-After-Ms", "Request-Id", "X-Request-Id");

    /// <summary>The beginnings of others: what OpenAI's and Anthropic's APIs tell of a call, and of the limits that hold for it.</summary>
    private static readonly string[] PrefixesReadByClients = ["OpenAI-", "Anthropic-", "X-RateLimit-"];

    /// <summary>C0 without the tab, DEL and C1.</summary>
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(character => char.IsControl(character) && character != '\t')]);

    /// <summary>Of a client's headers, those that go to Ollama.</summary>
    public static HeaderList ForOllama(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = NamedByConnection(all);
        return new(all.FindAll(header =>
            (ReadByOllama.Contains(header.Key) || header.Key.StartsWith(ClientLibraryPrefix, StringComparison.OrdinalIgnoreCase))
            && !named.Contains(header.Key, StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>Of the headers of an answer, those that go to the client.</summary>
    public static HeaderList ForClient(HttpResponseMessage response) => ForClient(Of(response));

    /// <summary>The same for an answer that older versions may have stored, with headers that are not to be passed on or cannot be.</summary>
    public static HeaderList ForClient(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = NamedByConnection(all);
        var passed = all.FindAll(header =>
            IsForClient(header.Key, header.Value) && !named.Contains(header.Key, StringComparer.OrdinalIgnoreCase));
        var type = passed.FindIndex(header => IsContentType(header.Key));
        return new([.. passed.Where((header, index) => index == type || !IsContentType(header.Key))]);
    }

    private static bool IsForClient(string name, string value) =>
        IsText(value) && IsReadByClients(name) && (!IsContentType(name) || (value.Length > 0 && IsMediaType(value)));

    private static bool IsReadByClients(string name) => ReadByClients.Contains(name)
        || Array.Exists(PrefixesReadByClients, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>All headers of an answer, as they came.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Of(HttpResponseMessage response) =>
        [.. Of(response.Headers), .. Of(response.Content.Headers)];

    internal static bool IsContentType(string name) => name.Equals(ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a value of <c>Content-Type</c> can be that; an empty one says nothing.</summary>
    internal static bool IsMediaType(string value) => value.Length == 0 || MediaTypeHeaderValue.TryParse(value, out _);

    /// <summary>Whether a value holds no control characters, which no header can (RFC 9110, section 5.5).</summary>
    internal static bool IsText(string value) => !value.AsSpan().ContainsAny(ControlCharacters);

    private static IEnumerable<KeyValuePair<string, string>> Of(HttpHeaders headers) =>
        headers.NonValidated.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value));

    /// <summary>The headers that are about one connection because the sender says so.</summary>
    private static List<string> NamedByConnection(List<KeyValuePair<string, string>> headers) => headers
        .Where(header => header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase))
        .SelectMany(header => header.Value.Split(',', StringSplitOptions.TrimEntries))
        .ToList();
}
