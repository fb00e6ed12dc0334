using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace OllamaProxy.Configuration;

/// <summary>
/// Reads settings, each with a default for when it is left out or empty. Bad values are collected, so that whoever mends one is told of
/// all: see <see cref="ThrowIfAnyIsBad"/>.
/// </summary>
public sealed class SettingReader(IConfiguration configuration)
{
    private readonly List<string> _mistakes = [];

    /// <summary>Reads a value; false: it is bad.</summary>
    public delegate bool TryParse<T>(string text, out T value);

    /// <summary>Whether it has any value.</summary>
    public bool IsSet(string name) => !string.IsNullOrEmpty(configuration[name]);

    /// <summary>The value without spaces around it, and without the quotes that files of settings leave there.</summary>
    public string Text(string name, string fallback)
    {
        var text = configuration[name]?.Trim() ?? "";
        if (text.Length >= 2 && text[0] is '"' or '\'' && text.IndexOf(text[0], 1) == text.Length - 1)
            text = text[1..^1].Trim();
        return text.Length > 0 ? text : fallback;
    }

    /// <summary>A value of any kind.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="fallback">For when it is left out.</param>
    /// <param name="tryParse">Reads the value.</param>
    /// <param name="expected">What it must be: the end of a sentence.</param>
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
    /// A value with parts that may be secret; the text of a <see cref="FormatException"/> ends the sentence that says what is wrong.
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

    /// <summary>A whole number.</summary>
    internal int Int32(string name, int fallback, int min, int max) =>
        Parsed(name, fallback, (text, out value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));

    /// <summary>A number of seconds.</summary>
    public TimeSpan Seconds(string name, TimeSpan fallback, double min, double max) =>
        TimeSpan.FromSeconds(Number(name, "seconds", fallback.TotalSeconds, min, max));

    /// <summary>A number of days.</summary>
    public TimeSpan Days(string name, TimeSpan fallback, double min, double max) =>
        TimeSpan.FromDays(Number(name, "days", fallback.TotalDays, min, max));

    /// <summary>On or off.</summary>
    public bool Switch(string name, bool fallback) =>
        Parsed(name, fallback, TrySwitch, "true or false");

    /// <summary>Takes note of a mistake: one line.</summary>
    public void Refuse(string mistake) => _mistakes.Add(mistake);

    /// <summary>Ends the reading.</summary>
    /// <exception cref="InvalidSettingException">There were bad values.</exception>
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
