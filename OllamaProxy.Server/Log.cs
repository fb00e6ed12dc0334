using OllamaProxy.Hosting;

namespace OllamaProxy.Server;

/// <summary>The log messages of the server.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Warning, "SIMULATING: prompts go to the Simulator at {Address}, not to Ollama. No model answers them.")]
    public static partial void Simulating(ILogger logger, Uri address);

    [LoggerMessage(102, LogLevel.Error, "A scheduled run failed; the next one tries again.")]
    public static partial void TickFailed(ILogger logger, LoggedException exception);

    [LoggerMessage(103, LogLevel.Warning,
        "Everybody who can reach {Address} can use Ollama, and read and delete all prompts. To let in only those who have a key, set "
        + "OLLAMA_PROXY_API_KEYS.")]
    public static partial void OpenToAll(ILogger logger, LogText address);
}
