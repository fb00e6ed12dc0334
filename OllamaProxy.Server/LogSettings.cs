namespace OllamaProxy.Server;

/// <summary>
/// Validates the settings of .NET's logging. .NET itself reads them late, and ends the program with a stack trace if one is bad.
/// </summary>
internal static class LogSettings
{
    private static readonly string[] Formats = ["simple", "systemd", "json"];

    /// <summary>A line for each bad setting.</summary>
    public static IEnumerable<string> MistakesOf(IConfiguration configuration)
    {
        var logging = configuration.GetSection("Logging");
        var levels = logging.GetChildren().Append(logging).SelectMany(section => section.GetSection("LogLevel").GetChildren());
        foreach (var level in levels)
            if (level.Value is { Length: > 0 } value && !Enum.TryParse<LogLevel>(value, ignoreCase: true, out _))
                yield return $"The setting {level.Path} must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}, but is '{value}'.";
        if (logging["Console:FormatterName"] is { Length: > 0 } name && !Formats.Contains(name, StringComparer.OrdinalIgnoreCase))
            yield return $"The setting Logging:Console:FormatterName must be one of {string.Join(", ", Formats)}, but is '{name}'.";
    }
}
