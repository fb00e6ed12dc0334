using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>
/// Parses <c>OLLAMA_URL</c>: comma-separated addresses, each with options behind semicolons, as in
/// <c>http://big:11434;concurrency=4;reserved=1,http://small:11434;models=llama3.2|nomic-embed-text</c>. A user and password in an address,
/// and headers in its options, are sent to that backend and are not part of its address.
/// </summary>
internal static partial class BackendsSetting
{
    public const int MaxConcurrency = 1024;

    private const string Authorization = "Authorization";

    /// <summary>Headers that HTTP itself needs for a connection (RFC 9110, section 7.6.1).</summary>
    private static readonly string[] OfConnection =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
        "Accept-Encoding",
    ];

    /// <summary>Reads the backends, with their credentials and proxies.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="fallback">The backends if none is set.</param>
    public static IReadOnlyList<BackendOptions> Read(SettingReader settings, IReadOnlyList<BackendOptions> fallback)
    {
        var backends = settings.Secret("OLLAMA_URL", fallback, Parse);
        var token = settings.Text("OLLAMA_PROXY_BACKEND_TOKEN", "");
        if (token.Length > 0 && !TryParseToken(token, out token))
            settings.Refuse("The setting OLLAMA_PROXY_BACKEND_TOKEN must have visible ASCII characters only; its value is not shown here.");
        else if (token.Length > 0)
            backends = WithToken(backends, token);
        return [.. backends.Select(backend => backend with { Proxy = ProxySetting.Find(settings, backend.Endpoint.BaseAddress) })];
    }

    /// <summary>Refuses backends all of whose slots are reserved.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="backends">The backends.</param>
    /// <param name="concurrency">How many slots those have that do not say.</param>
    public static void CheckReserved(SettingReader settings, IReadOnlyList<BackendOptions> backends, int concurrency)
    {
        foreach (var backend in backends)
        {
            var slots = backend.Concurrency ?? concurrency;
            if (backend.Reserved >= slots)
                settings.Refuse($"The setting OLLAMA_URL reserves {backend.Reserved} of the {slots} slots of {backend.Endpoint}: reserved= "
                    + "must be less than its concurrency, or no other prompt could ever run there.");
        }
    }

    /// <summary>Parses the backends.</summary>
    /// <exception cref="FormatException">
    /// The value is bad. The message says why, as the end of a sentence, and quotes nothing that may be secret.
    /// </exception>
    public static IReadOnlyList<BackendOptions> Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // The comma may be part of a header's value: the rest of a secret must not be taken for a host name and looked up.
        if (parts.Zip(parts.Skip(1)).Any(IsSplitHeader))
            throw new FormatException("an address after header= must begin with http:// or https://; in a header write a comma as %2C");
        var backends = parts.Select(ParseOne).ToList();
        if (backends.Count == 0)
            throw new FormatException("it names no address");
        if (backends.GroupBy(backend => backend.Endpoint).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new FormatException($"{twice.Key} is named twice");
        return backends;
    }

    /// <summary>Gives <c>OLLAMA_PROXY_BACKEND_TOKEN</c> to the backends that have no credentials of their own.</summary>
    private static IReadOnlyList<BackendOptions> WithToken(IReadOnlyList<BackendOptions> backends, string token)
    {
        var headers = new HeaderList([KeyValuePair.Create(Authorization, $"Bearer {token}")]);
        return [.. backends.Select(backend => backend.Headers.All.Count > 0 ? backend : backend with { Headers = headers })];
    }

    /// <summary>Parses a token. A leading <c>Bearer</c>, which people copy with it, is dropped.</summary>
    private static bool TryParseToken(string text, out string token)
    {
        token = text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? text["Bearer ".Length..].Trim() : text;
        return token.All(letter => letter is > ' ' and <= '~');
    }

    private static bool IsSplitHeader((string Address, string Next) parts) =>
        HeaderOption().IsMatch(parts.Address) && !parts.Next.Contains("://", StringComparison.Ordinal);

    private static BackendOptions ParseOne(string text)
    {
        var parts = text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var address = OllamaAddress.Parse(parts.FirstOrDefault() ?? "");
        var headers = new List<KeyValuePair<string, string>>();
        if (address.User is { } user)
            headers.Add(KeyValuePair.Create(Authorization, BasicOf(user)));
        var backend = new BackendOptions(address.Endpoint);
        foreach (var option in parts.Skip(1))
            backend = Read(backend, option.Split('=', 2, StringSplitOptions.TrimEntries), headers);
        if (headers.Count(header => header.Key.Equals(Authorization, StringComparison.OrdinalIgnoreCase)) > 1)
            throw new FormatException($"{backend.Endpoint} can have a user or one header=Authorization, not both");
        return backend with { Headers = new(headers) };
    }

    private static BackendOptions Read(BackendOptions backend, string[] option, List<KeyValuePair<string, string>> headers)
    {
        var name = option[0].ToLowerInvariant();
        var value = option.ElementAtOrDefault(1) ?? "";
        switch (name)
        {
            case "concurrency":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number is >= 1 and <= MaxConcurrency
                    ? backend with { Concurrency = number }
                    : throw new FormatException($"concurrency= must be a whole number from 1 to {MaxConcurrency}");
            case "reserved":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var reserved) && reserved < MaxConcurrency
                    ? backend with { Reserved = reserved }
                    : throw new FormatException($"reserved= must be a whole number from 0 to {MaxConcurrency - 1}");
            case "models":
                return value.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } models
                    ? backend with { Models = models }
                    : throw new FormatException("models= must name models, with | between them");
            case "header":
                headers.Add(HeaderOf(value));
                return backend;
            default:
                throw new FormatException("the options of an address are concurrency=N, reserved=N, models=a|b and header=Name: value; "
                    + "in a user, a password or a header write a comma as %2C and a semicolon as %3B");
        }
    }

    /// <summary>
    /// The header value for Basic authentication (RFC 7617) with a user and password that are percent-encoded, as in an address.
    /// </summary>
    private static string BasicOf(string user)
    {
        var parts = user.Split(':', 2).Select(Uri.UnescapeDataString).ToList();
        if (parts[0].Contains(':') || parts.Exists(part => part.Any(char.IsControl)))
            throw new FormatException("HTTP's Basic authentication cannot send a user name with a colon, nor control characters");
        return "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{parts[0]}:{parts.ElementAtOrDefault(1)}"));
    }

    private static KeyValuePair<string, string> HeaderOf(string text)
    {
        var parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        var value = Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "").Trim();
        if (!HeaderName().IsMatch(parts[0]) || value.Length == 0 || value.Any(char.IsControl))
        {
            throw new FormatException("header= must be followed by a header such as X-Api-Key: value, "
                + "in which a comma is written %2C, a semicolon %3B and a percent sign %25");
        }
        using var request = new HttpRequestMessage();
        if (OfConnection.Contains(parts[0], StringComparer.OrdinalIgnoreCase) || !request.Headers.TryAddWithoutValidation(parts[0], value))
            throw new FormatException($"header={parts[0]} cannot be set, since it is about one connection or one body");
        return KeyValuePair.Create(parts[0], value);
    }

    [GeneratedRegex(@";\s*header\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex HeaderOption();

    /// <summary>A token of RFC 9110, section 5.6.2.</summary>
    [GeneratedRegex(@"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    private static partial Regex HeaderName();
}
