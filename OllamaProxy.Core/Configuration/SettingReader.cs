using System.Globalization;
using Microsoft.Extensions.Configuration;
using OllamaProxy.Prompts;

namespace OllamaProxy.Configuration;

/// <summary>
/// Reads settings, each with a default for when it is missing or empty. Bad values are collected, so that <see cref="ThrowIfAnyIsBad"/>
/// reports all of them at once.
/// </summary>
public sealed class SettingReader(IConfiguration configuration)
{
    private readonly List<string> _mistakes = [];

    /// <summary>Parses a value; false: it is bad.</summary>
    public delegate bool TryParse<T>(string text, out T value);

    /// <summary>Whether the setting has any value.</summary>
    public bool IsSet(string name) => !string.IsNullOrEmpty(configuration[name]);

    /// <summary>The value without surrounding spaces, and without the quotes that some settings files keep.</summary>
    public string Text(string name, string fallback)
    {
        var text = configuration[name]?.Trim() ?? "";
        if (text.Length >= 2 && text[0] is '"' or '\'' && text.IndexOf(text[0], 1) == text.Length - 1)
            text = text[1..^1].Trim();
        return text.Length > 0 ? text : fallback;
    }

    /// <summary>Reads a value with a parser.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="fallback">The default.</param>
    /// <param name="tryParse">Parses the value.</param>
    /// <param name="expected">What the value must be, as the end of a sentence.</param>
    public T Parsed<T>(string name, T fallback, TryParse<T> tryParse, string expected)
    {
        if (Text(name, "") is not { Length: > 0 } text)
            return fallback;
        if (tryParse(text, out var value))
            return value;
        Refuse($"The setting {name} must be {expected}, but is '{text}'.");
        return fallback;
    }

    /// <summary>
    /// Reads a value that may contain secrets. Where the parser throws a <see cref="FormatException"/>, its message ends the sentence that
    /// reports the mistake.
    /// </summary>
    public T Secret<T>(string name, T fallback, Func<string, T> parse)
    {
        if (Text(name, "") is not { Length: > 0 } text)
            return fallback;
        try
        {
            return parse(text);
        }
        catch (FormatException exception)
        {
            Refuse($"The setting {name} is '{Secrets.Hide(text)}', but {exception.Message}.");
            return fallback;
        }
    }

    /// <summary>Reads a whole number.</summary>
    internal int Int32(string name, int fallback, int min, int max) => (int)Int64(name, fallback, min, max);

    /// <summary>Reads a whole number that may be a long one.</summary>
    internal long Int64(string name, long fallback, long min, long max) =>
        Parsed(name, fallback, (text, out value) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));

    /// <summary>Reads the priority of a prompt.</summary>
    internal int Priority(string name, int fallback) => Int32(name, fallback, QueueRank.LowestPriority, QueueRank.HighestPriority);

    /// <summary>Reads a number of seconds.</summary>
    public TimeSpan Seconds(string name, TimeSpan fallback, double min, double max) =>
        TimeSpan.FromSeconds(Number(name, "seconds", fallback.TotalSeconds, min, max));

    /// <summary>Reads a number of days.</summary>
    public TimeSpan Days(string name, TimeSpan fallback, double min, double max) =>
        TimeSpan.FromDays(Number(name, "days", fallback.TotalDays, min, max));

    /// <summary>Reads a switch: true or false.</summary>
    public bool Switch(string name, bool fallback) =>
        Parsed(name, fallback, TrySwitch, "true or false");

    /// <summary>Records a mistake, as one line of text.</summary>
    public void Refuse(string mistake) => _mistakes.Add(mistake);

    /// <summary>Reports the mistakes that were recorded.</summary>
    /// <exception cref="InvalidSettingException">At least one value is bad.</exception>
    public void ThrowIfAnyIsBad()
    {
        if (_mistakes.Count > 0)
            throw new InvalidSettingException(_mistakes);
    }

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
