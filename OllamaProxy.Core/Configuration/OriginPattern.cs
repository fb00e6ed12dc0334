using System.IO.Enumeration;

namespace OllamaProxy.Configuration;

/// <summary>
/// An entry of <c>OLLAMA_PROXY_CORS_ORIGINS</c>, in the forms of Ollama's <c>OLLAMA_ORIGINS</c>: an origin whose scheme and host may
/// contain <c>*</c> for any text, and whose port may be <c>*</c>; or <c>null</c>.
/// </summary>
internal sealed class OriginPattern
{
    /// <summary>The entry that allows all origins, including <c>null</c>. It is not a pattern.</summary>
    public const string All = "*";

    /// <summary>The origin that browsers send for pages without one: local files, and sandboxed frames of any site.</summary>
    public const string Null = "null";

    private readonly Origin? _origin;

    private OriginPattern(Origin? origin) => _origin = origin;

    /// <summary>Whether the pattern limits the host, and not only the scheme or the port.</summary>
    public bool NamesHost => _origin is { } origin && origin.Host.Trim('*').Length > 0;

    /// <summary>Parses a pattern. False: it can never match.</summary>
    public static bool TryParse(string text, out OriginPattern pattern)
    {
        pattern = new(null);
        if (text.Equals(Null, StringComparison.OrdinalIgnoreCase))
            return true;
        // As with Ollama, an asterisk at the beginning also stands for the scheme, and one at the end for the port.
        var whole = text.StartsWith('*') && !text.Contains("://", StringComparison.Ordinal) ? $"*://{text}" : text;
        if (!Origin.TryParse(whole, out var origin))
            return false;
        pattern = new(whole.EndsWith('*') ? origin with { Port = All } : origin);
        return true;
    }

    /// <summary>Whether the pattern matches an origin; null stands for the origin <see cref="Null"/>.</summary>
    public bool Matches(Origin? origin) => (_origin, origin) switch
    {
        ({ } pattern, { } other) =>
            Matches(pattern.Scheme, other.Scheme)
            && Matches(pattern.Host, other.Host)
            && (pattern.Port == All || pattern.Port == other.Port),
        (null, null) => true,
        _ => false,
    };

    private static bool Matches(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
