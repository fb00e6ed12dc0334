using System.Globalization;
using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary>
/// Parses <c>OLLAMA_KEEP_ALIVE</c> as Ollama does: a number of seconds, or a duration such as <c>1h30m</c>; negative: for ever.
/// </summary>
internal static partial class KeepAliveSetting
{
    public const string Expected = "a number of seconds or a duration such as 10m, no longer than 292 years, or -1 for ever";

    /// <summary>The longest Go duration, which has 64 bits of nanoseconds.</summary>
    private const double MaxSeconds = long.MaxValue / 1e9;

    /// <summary>Converts the setting to the JSON value that is sent.</summary>
    public static bool TryParse(string text, out string? json)
    {
        if (Number().IsMatch(text))
        {
            var seconds = double.Parse(text, CultureInfo.InvariantCulture);
            json = seconds.ToString(CultureInfo.InvariantCulture);
            return Math.Abs(seconds) < MaxSeconds;
        }
        json = $"\"{text}\"";
        return Duration().Match(text) is { Success: true } duration && duration.Groups["part"].Captures.Sum(SecondsOf) < MaxSeconds;
    }

    private static double SecondsOf(Capture part)
    {
        var unit = part.Value.AsSpan().IndexOfAnyExceptInRange('.', '9');
        return double.Parse(part.Value[..unit], CultureInfo.InvariantCulture) * part.Value[unit..] switch
        {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            _ => 1e-3,
        };
    }

    [GeneratedRegex(@"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    /// <summary>A duration of Go's <c>time.ParseDuration</c>, which Ollama uses. Both Unicode characters for micro are valid.</summary>
    [GeneratedRegex(@"^[+-]?(?<part>([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
