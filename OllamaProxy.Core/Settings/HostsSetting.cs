using System.Text.RegularExpressions;

namespace OllamaProxy.Settings;

/// <summary>
/// <c>OLLAMA_PROXY_HOSTS</c>: names of hosts with commas between them, in which <c>*</c> stands for any text. A port is taken and
/// means nothing: whoever asks has found the right one.
/// </summary>
internal static partial class HostsSetting
{
    public const string Expected = "names of hosts with commas between them, such as ollama.example.org or *.example.org, or * for all";

    public static bool TryParse(string text, out IReadOnlyList<string> hosts)
    {
        var matches = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(host => Form().Match(host)).ToList();
        hosts = [.. matches.Select(match => match.Groups["name"].Value)];
        return hosts.Count > 0 && matches.TrueForAll(match => match.Success);
    }

    [GeneratedRegex(@"^(?<name>\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9_*-]+(\.[a-zA-Z0-9_*-]+)*)\.?(:[0-9*]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
