using System.Globalization;

namespace OllamaProxy.Configuration;

/// <summary>
/// <c>OLLAMA_PROXY_BULK_HOURS</c>: the hours of the day in which bulk prompts may start, by the clocks of a time zone. Pure: everything
/// follows from the time that is passed in.
/// </summary>
/// <remarks>
/// The clocks on the wall decide, also on the days on which they are changed: an hour that they skip is missing from a window, and one that
/// they repeat is there twice.
/// </remarks>
public sealed class BulkHours
{
    /// <summary>The setting.</summary>
    public const string Setting = "OLLAMA_PROXY_BULK_HOURS";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<(TimeSpan Start, TimeSpan End)> _windows;
    private readonly TimeZoneInfo _zone;

    private BulkHours(IReadOnlyList<(TimeSpan Start, TimeSpan End)> windows, TimeZoneInfo zone) => (_windows, _zone) = (windows, zone);

    /// <summary>Reads the setting; null: it is not set, so that bulk prompts may start at any time.</summary>
    internal static BulkHours? Read(SettingReader settings)
    {
        if (settings.Text(Setting, "") is not { Length: > 0 } text)
            return null;
        try
        {
            return Parse(text);
        }
        catch (FormatException exception)
        {
            settings.Refuse($"The setting {Setting} is '{text}', but {exception.Message}.");
            return null;
        }
    }

    /// <summary>Parses windows such as <c>22:00-06:00, 12:00-13:00 Europe/Berlin</c>. Without a time zone they are in UTC.</summary>
    /// <exception cref="FormatException">It is none. The message ends a sentence.</exception>
    public static BulkHours Parse(string text)
    {
        var parts = text.Trim().Split(',', StringSplitOptions.TrimEntries);
        var words = parts[^1].Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length > 0)
            parts[^1] = words[0];
        var windows = parts.Select(Window).ToList();
        if (CoversDay(windows))
            throw new FormatException("these hours are the whole day, which needs no setting");
        return new(windows, words.Length > 1 ? Zone(words[1]) : TimeZoneInfo.Utc);
    }

    /// <summary>Whether bulk prompts may start at this time.</summary>
    public bool IsOpen(DateTimeOffset time)
    {
        var at = TimeZoneInfo.ConvertTime(time, _zone).TimeOfDay;
        foreach (var (start, end) in _windows)
            if (start < end ? at >= start && at < end : at >= start || at < end)
                return true;
        return false;
    }

    /// <summary>How long until bulk prompts may start; zero: they may now.</summary>
    public TimeSpan UntilOpen(DateTimeOffset now) => IsOpen(now) ? TimeSpan.Zero : NextChange(now) - now;

    /// <summary>How long until work that begins now and rests outside these hours has ended.</summary>
    /// <param name="now">The time.</param>
    /// <param name="work">How long it takes by itself.</param>
    public TimeSpan UntilDone(DateTimeOffset now, TimeSpan work)
    {
        for (var at = now; ;)
        {
            at += UntilOpen(at);
            var closes = NextChange(at);
            // What has begun by then is run to its end.
            if (work <= closes - at)
                return at + work - now;
            (work, at) = (work - (closes - at), closes);
        }
    }

    /// <summary>When the hours begin next or, where they have begun, end.</summary>
    private DateTimeOffset NextChange(DateTimeOffset now)
    {
        var isOpen = IsOpen(now);
        var at = now;
        do
        {
            var local = TimeZoneInfo.ConvertTime(at, _zone);
            var next = at + UntilNextBound(local.TimeOfDay);
            // Where the clocks are changed in between, that is looked for minute by minute.
            at = _zone.GetUtcOffset(next) == local.Offset ? next : at + Minute - TimeSpan.FromTicks(local.Ticks % Minute.Ticks);
        }
        while (IsOpen(at) == isOpen);
        return at;
    }

    private TimeSpan UntilNextBound(TimeSpan at) =>
        _windows.SelectMany(window => new[] { window.Start, window.End }).Min(bound => bound > at ? bound - at : bound + Day - at);

    private static (TimeSpan Start, TimeSpan End) Window(string text) =>
        text.Split('-', StringSplitOptions.TrimEntries) is [var from, var to] && TimeOf(from) is { } start && TimeOf(to) is { } end
            && start != end && start < Day
            ? (start, end) : throw new FormatException($"'{text}' is no window of time such as 22:00-06:00");

    private static TimeSpan? TimeOf(string text) => text == "24:00" ? Day
        : TimeOnly.TryParseExact(text, "H:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToTimeSpan() : null;

    private static bool CoversDay(IReadOnlyList<(TimeSpan Start, TimeSpan End)> windows)
    {
        var utc = new BulkHours(windows, TimeZoneInfo.Utc);
        return windows.All(window => utc.IsOpen(DateTimeOffset.UnixEpoch + window.End));
    }

    private static TimeZoneInfo Zone(string name)
    {
        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception exception) when (exception is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw new FormatException(
                $"this machine does not know the time zone '{name}': it is none such as Europe/Berlin, or the package tzdata is missing",
                exception);
        }
    }
}
