using System.Globalization;
using System.Text.RegularExpressions;

namespace OllamaProxy.Settings;

/// <summary><c>OLLAMA_KEEP_ALIVE</c> as Ollama takes it: a number of seconds, or a duration such as <c>1h30m</c>; negative: for ever.</summary>
internal static partial class KeepAliveSetting
{
    /// <summary>Turns the setting into the JSON value to send.</summary>
    public static bool TryParse(string text, out string? json)
    {
        json = double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            ? seconds.ToString(CultureInfo.InvariantCulture)
            : $"\"{text}\"";
        return json[0] != '"' || Duration().IsMatch(text);
    }

    /// <summary>The durations of Go's <c>time.ParseDuration</c>, which Ollama reads them with.</summary>
    [GeneratedRegex(@"^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
