using System.IO.Enumeration;

namespace OllamaProxy.Settings;

/// <summary>
/// One entry of <c>OLLAMA_PROXY_CORS_ORIGINS</c>, in the forms that Ollama takes in <c>OLLAMA_ORIGINS</c>: an origin, in which <c>*</c>
/// stands for any text in the scheme or the host and for any port, or <c>null</c>, or <c>*</c> alone for all origins.
/// </summary>
internal sealed class OriginPattern
{
    /// <summary>All origins, <c>null</c> included.</summary>
    public const string All = "*";

    /// <summary>What browsers send for pages that have no origin: files, and frames that are sandboxed, of whatever site.</summary>
    public const string Null = "null";

    private readonly Origin? _origin;

    private OriginPattern(Origin? origin) => _origin = origin;

    /// <summary>Whether it says whose pages are meant, and not only which scheme or port they have.</summary>
    public bool NamesHost => _origin is { } origin && origin.Host.Trim('*').Length > 0;

    /// <summary>Reads a pattern other than <see cref="All"/>; false: it can never match.</summary>
    public static bool TryParse(string text, out OriginPattern pattern)
    {
        pattern = new(null);
        if (text.Equals(Null, StringComparison.OrdinalIgnoreCase))
            return true;
        // As with Ollama, an asterisk in front stands for the scheme too, and one at the end for the port too.
        var whole = text.StartsWith('*') && !text.Contains("://", StringComparison.Ordinal) ? $"*://{text}" : text;
        if (!Origin.TryParse(whole, out var origin))
            return false;
        pattern = new(whole.EndsWith('*') ? origin with { Port = All } : origin);
        return true;
    }

    /// <summary>Whether an origin is meant; <c>null</c>: the one that is <see cref="Null"/>.</summary>
    public bool Matches(Origin? origin) => (_origin, origin) switch
    {
        ({ } pattern, { } other) =>
            Matches(pattern.Scheme, other.Scheme) && Matches(pattern.Host, other.Host) && (pattern.Port is All || pattern.Port == other.Port),
        (null, null) => true,
        _ => false,
    };

    private static bool Matches(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
