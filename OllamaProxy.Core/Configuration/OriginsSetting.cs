namespace OllamaProxy.Configuration;

/// <summary>Parses <c>OLLAMA_PROXY_CORS_ORIGINS</c>: comma-separated patterns; see <see cref="OriginPattern"/>.</summary>
internal static class OriginsSetting
{
    public const string Expected =
        "origins with commas between them, each with its scheme and without a path, such as http://localhost:3000, http://nas:*, "
        + "https://*.example.org or chrome-extension://*, or * for all";

    public static bool TryParse(string text, out IReadOnlyList<string> origins)
    {
        origins = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return origins.Count > 0 && origins.All(origin => origin == OriginPattern.All || OriginPattern.TryParse(origin, out _));
    }
}
