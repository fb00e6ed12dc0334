using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary>
/// Parses <c>OLLAMA_PROXY_HOSTS</c>: comma-separated host names, in which <c>*</c> stands for any text. A port is accepted and ignored,
/// since a host is allowed on any port.
/// </summary>
internal static partial class HostsSetting
{
    public const string Expected = "names of hosts with commas between them, such as ollama.example.org or *.example.org, or * for all";

    public static bool TryParse(string text, out IReadOnlyList<string> hosts)
    {
        var entries = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var matches = entries.Select(entry => Form().Match(entry)).ToList();
        hosts = [.. matches.Select(match => match.Groups["name"].Value)];
        return hosts.Count > 0 && matches.TrueForAll(match => match.Success);
    }

    [GeneratedRegex(@"^(?<name>\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9_*-]+(\.[a-zA-Z0-9_*-]+)*)\.?(:[0-9*]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
