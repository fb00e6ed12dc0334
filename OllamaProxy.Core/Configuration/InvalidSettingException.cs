namespace OllamaProxy.Configuration;

/// <summary>
/// One or more settings have bad values. The message has a line for each, which names the setting and says what is expected.
/// </summary>
public sealed class InvalidSettingException(IReadOnlyList<string> mistakes) : Exception(string.Join('\n', mistakes))
{
    /// <summary>The lines of the message.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;
}
