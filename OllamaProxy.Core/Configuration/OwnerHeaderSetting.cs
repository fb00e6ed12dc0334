namespace OllamaProxy.Configuration;

/// <summary>Parses <c>OLLAMA_PROXY_OWNER_HEADER</c>.</summary>
internal static class OwnerHeaderSetting
{
    private static readonly string[] HeadersOfKeys = ["Authorization", "Proxy-Authorization", "X-API-Key", "Cookie"];

    /// <summary>Reads it.</summary>
    public static string Read(SettingReader settings, string fallback) =>
        settings.Parsed("OLLAMA_PROXY_OWNER_HEADER", fallback, TryParse, "the name of a header that carries no key");

    /// <summary>
    /// A name as RFC 9110 has it (section 5.6.2), but for characters that nobody uses in one. What comes in the header is stored, so it
    /// must be none in which callers show their keys.
    /// </summary>
    private static bool TryParse(string text, out string name)
    {
        name = text;
        return text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            && !HeadersOfKeys.Contains(text, StringComparer.OrdinalIgnoreCase);
    }
}
