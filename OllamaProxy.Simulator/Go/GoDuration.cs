using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Go;

/// <summary>Parses <c>keep_alive</c>: a number of seconds, or a Go duration such as <c>"1h30m"</c>; negative: for ever.</summary>
internal static partial class GoDuration
{
    private static readonly TimeSpan Forever = TimeSpan.FromDays(100 * 365);

    /// <exception cref="OllamaException">The value is neither.</exception>
    public static TimeSpan? Parse(JsonElement? value) => value switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number => FromSeconds(number.GetDouble()),
        { ValueKind: JsonValueKind.String } text => FromText(text.GetString()!),
        { } other => throw OllamaException.BadRequest($"Unsupported type: '{other.ValueKind}'"),
    };

    private static TimeSpan FromText(string text)
    {
        if (text == "0") return TimeSpan.Zero;
        var match = Pattern().Match(text);
        if (!match.Success) throw OllamaException.BadRequest($"time: invalid duration \"{text}\"");
        var seconds = match.Groups["number"].Captures.Zip(
            match.Groups["unit"].Captures,
            (number, unit) => double.Parse(number.Value, CultureInfo.InvariantCulture) * SecondsOf(unit.Value)).Sum();
        return FromSeconds(text.StartsWith('-') ? -seconds : seconds);
    }

    private static TimeSpan FromSeconds(double seconds) =>
        seconds < 0 || seconds > Forever.TotalSeconds ? Forever : TimeSpan.FromSeconds(seconds);

    private static double SecondsOf(string unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "us" or "µs" => 1e-6,
        _ => 1e-9,
    };

    [GeneratedRegex(@"^[+-]?((?<number>[0-9]+(\.[0-9]*)?)(?<unit>ns|us|µs|ms|s|m|h))+$")]
    private static partial Regex Pattern();
}
