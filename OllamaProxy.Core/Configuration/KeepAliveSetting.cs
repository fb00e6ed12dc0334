using System.Globalization;
using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary><c>OLLAMA_KEEP_ALIVE</c> as Ollama takes it: a number of seconds, or a duration such as <c>1h30m</c>; negative: for ever.</summary>
internal static partial class KeepAliveSetting
{
    public const string Expected = "a number of seconds or a duration such as 10m, no longer than 292 years, or -1 for ever";

    /// <summary>Go keeps a duration in nanoseconds, of which more do not fit into 64 bits.</summary>
    private const double MaxSeconds = long.MaxValue / 1e9;

    /// <summary>Turns the setting into the JSON value to send.</summary>
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

    /// <summary>The durations of Go's <c>time.ParseDuration</c>, which Ollama reads them with. Both signs for micro will do.</summary>
    [GeneratedRegex(@"^[+-]?(?<part>([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
