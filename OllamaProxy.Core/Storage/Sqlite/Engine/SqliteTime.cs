using System.Globalization;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// Formats times for the columns that the original program had too: ISO 8601 in UTC, as Python's <c>isoformat()</c> writes it.
/// </summary>
internal static class SqliteTime
{
    public static string Write(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads a time that any program may have written; without an offset it is UTC. A text that is no time, which the checks of SQLite
    /// cannot exclude (it accepts February 30), becomes 1970: one bad row must not stop the queue.
    /// </summary>
    public static DateTimeOffset Read(string text) => ReadOrNull(text) ?? DateTimeOffset.UnixEpoch;

    /// <summary>Like <see cref="Read"/>; null: there is no text, or it is no time.</summary>
    public static DateTimeOffset? ReadOrNull(string? text) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
}
