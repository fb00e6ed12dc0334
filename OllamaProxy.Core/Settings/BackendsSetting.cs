using System.Globalization;
using OllamaProxy.Ollama;

namespace OllamaProxy.Settings;

/// <summary>
/// <c>OLLAMA_URL</c>: addresses with commas between them, each of which may have options behind semicolons, as in
/// <c>http://big:11434;concurrency=4,http://small:11434;models=llama3.2|nomic-embed-text</c>.
/// </summary>
internal static class BackendsSetting
{
    public const string Expected =
        "an http or https address such as http://localhost:11434, or several with commas between them, none twice, each with its own ;concurrency=N and ;models=a|b if need be";

    public const int MaxConcurrency = 1024;

    public static bool TryParse(string text, out IReadOnlyList<BackendSetting> backends)
    {
        var parsed = new List<BackendSetting>();
        backends = parsed;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParseOne(part, out var backend) || parsed.Exists(other => other.Endpoint == backend.Endpoint))
                return false;
            parsed.Add(backend);
        }
        return parsed.Count > 0;
    }

    private static bool TryParseOne(string text, out BackendSetting backend)
    {
        var parts = text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        backend = new(OllamaEndpoint.Default);
        if (parts.Length == 0 || !OllamaEndpoint.TryParse(parts[0], out var endpoint))
            return false;
        backend = new(endpoint);
        foreach (var option in parts.Skip(1))
        {
            if (Read(backend, option.Split('=', 2, StringSplitOptions.TrimEntries)) is not { } with)
                return false;
            backend = with;
        }
        return true;
    }

    private static BackendSetting? Read(BackendSetting backend, string[] option) => option switch
    {
        ["concurrency", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var concurrency) && concurrency is >= 1 and <= MaxConcurrency =>
            backend with { Concurrency = concurrency },
        ["models", var text] when text.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } models =>
            backend with { Models = models },
        _ => null,
    };
}
