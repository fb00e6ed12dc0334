using Microsoft.Extensions.Logging;
using OllamaProxy.Hosting;

namespace OllamaProxy.Functions;

/// <summary>The log messages of the Functions app.</summary>
internal static partial class Log
{
    [LoggerMessage(201, LogLevel.Information, "Ollama Proxy answers at {Address}, and its database is {Path}.")]
    public static partial void Started(ILogger logger, LogText address, LogText path);

    [LoggerMessage(202, LogLevel.Warning,
        "Everybody who can reach {Address} can use Ollama, and read and delete all prompts. To let in only those who have a key, set "
        + "OLLAMA_PROXY_API_KEYS.")]
    public static partial void OpenToAll(ILogger logger, LogText address);
}
