using System.Globalization;
namespace OllamaProxy.Simulator.Go;

/// <summary>Times as Go writes them: UTC, and no zeros at the end of the fraction.</summary>
internal static class GoTime
{
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
