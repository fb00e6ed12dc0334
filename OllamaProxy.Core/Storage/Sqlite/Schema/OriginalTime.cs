using System.Globalization;
using System.Text.RegularExpressions;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>Times of the original's table, in whatever form Python or SQLite wrote them.</summary>
internal static partial class OriginalTime
{
    /// <summary>
    /// What can be a Julian day: SQLite's modifier <c>auto</c> tells days from seconds in the same way
    /// (https://sqlite.org/lang_datefunc.html).
    /// </summary>
    private const double LastJulianDay = 5373484.5;
    private const double JulianDayOfUnixEpoch = 2440587.5;

    /// <summary>What Python's <c>time.ctime()</c> writes, and <c>email.utils</c>; what ISO 8601 has is read anyway.</summary>
    private static readonly string[] Formats =
        ["ddd MMM d HH:mm:ss yyyy", "ddd, d MMM yyyy HH:mm:ss 'GMT'", "ddd, d MMM yyyy HH:mm:ss zzz"];

    private const DateTimeStyles Styles =
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces;

    /// <summary>The time; one without an offset is UTC, and a number is a Unix time in seconds or a Julian day. Null: it is none.</summary>
    public static DateTimeOffset? ReadOrNull(string? text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return OfNumber(number);
        // Without a year .NET would add today's.
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
