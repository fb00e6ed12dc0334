namespace OllamaProxy.Configuration;

/// <summary>Settings have bad values. The message has one line for each, which names the setting and says what would do.</summary>
public sealed class InvalidSettingException(IReadOnlyList<string> mistakes) : Exception(string.Join('\n', mistakes))
{
    /// <summary>The lines.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;
}
