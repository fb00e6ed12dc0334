namespace OllamaProxy.Settings;

/// <summary>A setting has a bad value. The message is one line that names both, and says what would do.</summary>
public sealed class InvalidSettingException(string name, string value, string expected)
    : Exception($"The setting {name} must be {expected}, but is '{value}'.");
