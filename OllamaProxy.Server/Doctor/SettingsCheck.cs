using OllamaProxy.Configuration;

namespace OllamaProxy.Server.Doctor;

/// <summary>Whether the settings are understood. Their values are not shown: some are secret.</summary>
internal static class SettingsCheck
{
    /// <summary>What is right and wrong with settings that can be read.</summary>
    public static IEnumerable<Finding> Run(IConfiguration settings)
    {
        var names = settings.GetChildren().Select(setting => setting.Key).ToList();
        var set = names.Where(KnownSettings.IsKnown).Select(name => name.ToUpperInvariant()).Order(StringComparer.Ordinal).ToList();
        yield return Finding.Good(set.Count == 0 ? "Settings: all have their defaults." : $"Settings: {string.Join(", ", set)}.");
        foreach (var warning in names.Select(KnownSettings.WarningOf).OfType<string>())
            yield return Finding.Wrong(warning);
    }
}
