namespace OllamaProxy.Server;

/// <summary>What the server adds to the log.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Warning, "SIMULATING: prompts go to the Simulator at {Address}, not to Ollama, and no model answers them.")]
    public static partial void Simulating(ILogger logger, Uri address);

    [LoggerMessage(102, LogLevel.Error, "A drain broke off; the next tick starts another.")]
    public static partial void DrainFailed(ILogger logger, Exception exception);
}
