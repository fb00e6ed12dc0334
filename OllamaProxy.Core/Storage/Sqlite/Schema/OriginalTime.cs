using System.Globalization;
using System.Text.RegularExpressions;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>Parses times of the original's table, in the formats of Python and SQLite.</summary>
internal static partial class OriginalTime
{
    /// <summary>
    /// The largest number that can be a Julian day. SQLite's modifier <c>auto</c> distinguishes days from seconds in the same way
    /// (https://sqlite.org/lang_datefunc.html).
    /// </summary>
    private const double LastJulianDay = 5373484.5;
    private const double JulianDayOfUnixEpoch = 2440587.5;

    /// <summary>The formats of Python's <c>time.ctime()</c> and <c>email.utils</c>. ISO 8601 is read anyway.</summary>
    private static readonly string[] Formats =
        ["ddd MMM d HH:mm:ss yyyy", "ddd, d MMM yyyy HH:mm:ss 'GMT'", "ddd, d MMM yyyy HH:mm:ss zzz"];

    private const DateTimeStyles Styles =
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces;

    /// <summary>
    /// Parses a time; without an offset it is UTC, and a number is a Unix time in seconds or a Julian day. Null: it is no time.
    /// </summary>
    public static DateTimeOffset? ReadOrNull(string? text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return OfNumber(number);
        // .NET would assume the current year where there is none.
        if (text is null || !Year().IsMatch(text))
            return null;
        return SqliteTime.ReadOrNull(text)
            ?? (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, Styles, out var time) ? time : null);
    }

    private static DateTimeOffset? OfNumber(double number)
    {
        var seconds = number is >= 0 and < LastJulianDay ? (number - JulianDayOfUnixEpoch) * 86_400 : number;
        var ticks = seconds * TimeSpan.TicksPerSecond + DateTimeOffset.UnixEpoch.Ticks;
        return ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks - TimeSpan.TicksPerSecond
            ? DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(Math.Round(seconds * 1_000_000)) : null;
    }

    [GeneratedRegex(@"(?<![.\d])\d{4}(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Year();
}
