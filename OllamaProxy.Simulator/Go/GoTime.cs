using System.Globalization;

namespace OllamaProxy.Simulator.Go;

/// <summary>Formats times as Go does: UTC, without trailing zeros in the fraction.</summary>
internal static class GoTime
{
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
