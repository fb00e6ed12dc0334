using OllamaProxy.Hosting;

namespace OllamaProxy.Server;

/// <summary>The log messages of the server.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Warning, "SIMULATING: prompts go to the Simulator at {Address}, not to Ollama. No model answers them.")]
    public static partial void Simulating(ILogger logger, Uri address);

    [LoggerMessage(102, LogLevel.Error, "A scheduled run failed; the next one tries again.")]
    public static partial void TickFailed(ILogger logger, LoggedException exception);
}
