using Microsoft.Extensions.Logging;
using OllamaProxy.Hosting;

namespace OllamaProxy.Functions;

/// <summary>The log messages of the Functions app.</summary>
internal static partial class Log
{
    [LoggerMessage(201, LogLevel.Information, "Ollama Proxy answers at {Address}, and its database is {Path}.")]
    public static partial void Started(ILogger logger, LogText address, LogText path);
}
