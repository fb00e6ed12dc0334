using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;

namespace OllamaProxy.Protocol;

/// <summary>Selects the headers that are passed on to Ollama and to clients. Both are lists of what is allowed.</summary>
public static class HeaderFilter
{
    /// <summary>The name of the header <c>Content-Type</c>.</summary>
    internal const string ContentType = "Content-Type";

    /// <summary>
    /// The headers that Ollama and its compatible APIs read, or pass on to models in Ollama's cloud. No other header is sent to Ollama or
    /// stored: what clients and gateways add may be a secret, under any name.
    /// </summary>
    private static readonly FrozenSet<string> ReadByOllama = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Accept", "Content-Type", "Content-Encoding", "User-Agent", "X-Requested-With", "OpenAI-Beta", "Anthropic-Version",
        "Anthropic-Beta");

    /// <summary>The prefix of the headers by which the client libraries of OpenAI and Anthropic describe themselves.</summary>
    private const string ClientLibraryPrefix = "X-Stainless-";

    /// <summary>
    /// The headers of an answer that clients need: what the body is, when to try again, and the ids that support asks for. No other is
    /// passed on or stored: the answer is served on the origin of this program, where a header such as <c>Set-Cookie</c>,
    /// <c>Clear-Site-Data</c> or <c>Refresh</c> would take effect. Headers that this program adds itself, such as <c>X-Prompt-Id</c>, are
    /// not filtered.
    /// </summary>
    private static readonly FrozenSet<string> ReadByClients = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        ContentType, "Content-Encoding", "Retry-After", "Retry-After-Ms", "Request-Id", "X-Request-Id");

    /// <summary>The prefixes of more such headers: what OpenAI's and Anthropic's APIs say about a call and its rate limits.</summary>
    private static readonly string[] PrefixesReadByClients = ["OpenAI-", "Anthropic-", "X-RateLimit-"];

    /// <summary>C0 without the tab, DEL and C1.</summary>
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(character => char.IsControl(character) && character != '\t')]);

    /// <summary>Selects the headers of a client's request that go to Ollama.</summary>
    public static HeaderList ForOllama(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var all = headers.ToList();
        var named = NamedByConnection(all);
        return new(all.FindAll(header =>
            (ReadByOllama.Contains(header.Key) || header.Key.StartsWith(ClientLibraryPrefix, StringComparison.OrdinalIgnoreCase))
            && !named.Contains(header.Key, StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>Selects the headers of an answer that go to the client.</summary>
    public static HeaderList ForClient(HttpResponseMessage response) => ForClient(Of(response));

    /// <summary>
    /// Selects from stored headers those that go to the client. Older versions may have stored more than may be passed on.
    /// </summary>
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

    /// <summary>Whether a value is a valid <c>Content-Type</c>; an empty one counts as valid.</summary>
    internal static bool IsMediaType(string value) => value.Length == 0 || MediaTypeHeaderValue.TryParse(value, out _);

    /// <summary>Whether a value is free of control characters, which no header may contain (RFC 9110, section 5.5).</summary>
    internal static bool IsText(string value) => !value.AsSpan().ContainsAny(ControlCharacters);

    private static IEnumerable<KeyValuePair<string, string>> Of(HttpHeaders headers) =>
        headers.NonValidated.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value));

    /// <summary>The names in the header <c>Connection</c>: these headers are for this connection only.</summary>
    private static List<string> NamedByConnection(List<KeyValuePair<string, string>> headers) => headers
        .Where(header => header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase))
        .SelectMany(header => header.Value.Split(',', StringSplitOptions.TrimEntries))
        .ToList();
}
