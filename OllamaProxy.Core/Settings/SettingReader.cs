using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace OllamaProxy.Settings;

/// <summary>Reads settings, each with a default for when it is left out or empty, and refuses bad values by name.</summary>
internal sealed class SettingReader(IConfiguration configuration)
{
    public delegate bool TryParse<T>(string text, out T value);

    public bool IsSet(string name) => !string.IsNullOrEmpty(configuration[name]);

    public string Text(string name, string fallback) =>
        configuration[name]?.Trim() is { Length: > 0 } text ? text : fallback;

    public T Parsed<T>(string name, T fallback, TryParse<T> tryParse, string expected)
    {
        if (Text(name, "") is not { Length: > 0 } text)
            return fallback;
        return tryParse(text, out var value) ? value : throw new InvalidSettingException(name, text, expected);
    }

    public int Whole(string name, int fallback, int min, int max) =>
        Parsed(name, fallback, (text, out value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));

    public TimeSpan Seconds(string name, TimeSpan fallback, double min, double max) =>
        TimeSpan.FromSeconds(Number(name, "seconds", fallback.TotalSeconds, min, max));

    public TimeSpan Days(string name, TimeSpan fallback, double min, double max) =>
        TimeSpan.FromDays(Number(name, "days", fallback.TotalDays, min, max));

    public bool Switch(string name, bool fallback) =>
        Parsed(name, fallback, TrySwitch, "true or false");

    private double Number(string name, string unit, double fallback, double min, double max) =>
        Parsed(name, fallback, (text, out value) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
            string.Create(CultureInfo.InvariantCulture, $"a number of {unit} from {min} to {max}"));

    private static bool TrySwitch(string text, out bool value)
    {
        value = text.ToUpperInvariant() is "TRUE" or "1" or "YES" or "ON";
        return value || text.ToUpperInvariant() is "FALSE" or "0" or "NO" or "OFF";
    }
}
