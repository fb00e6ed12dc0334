using OllamaProxy.Hosting;

namespace OllamaProxy.Server;

/// <summary>What the server adds to the log.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Warning, "SIMULATING: prompts go to the Simulator at {Address}, not to Ollama, and no model answers them.")]
    public static partial void Simulating(ILogger logger, Uri address);

    [LoggerMessage(102, LogLevel.Error, "It broke off; the next tick tries again.")]
    public static partial void TickFailed(ILogger logger, LoggedException exception);
}
