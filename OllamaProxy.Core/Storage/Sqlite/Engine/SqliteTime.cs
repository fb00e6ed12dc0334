using System.Globalization;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>How times are written in the columns that the original program had too: ISO 8601, UTC, as Python's <c>isoformat()</c>.</summary>
internal static class SqliteTime
{
    public static string Write(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads a time that anybody may have written; one without an offset is UTC. SQLite takes the 30th of February for a time;
    /// what is none reads as 1970, since one row must not stop the queue.
    /// </summary>
    public static DateTimeOffset Read(string text) => ReadOrNull(text) ?? DateTimeOffset.UnixEpoch;

    /// <summary>As <see cref="Read"/>; null: there is none, or it is none.</summary>
    public static DateTimeOffset? ReadOrNull(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
