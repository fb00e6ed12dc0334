using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;

namespace OllamaProxy.Functions;

/// <summary>
/// Says once where the app is to be found, and its database. It does so within the first tick of the worker: of what is logged outside
/// of a function's invocation, as anything before that is, the host shows nothing.
/// </summary>
public sealed class StartLog(OllamaProxyOptions options, IConfiguration configuration, ILogger<StartLog> logger)
    : IFunctionsWorkerMiddleware
{
    /// <summary>The function within whose invocations it speaks.</summary>
    public const string Function = "Drain";

    /// <summary>The variable in which the host says where it is.</summary>
    public const string HostName = "WEBSITE_HOSTNAME";

    private int _hasSpoken;

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (Interlocked.Exchange(ref _hasSpoken, 1) == 0)
            Log.Started(logger, AppAddress.Of(configuration[HostName])?.ToString() ?? "the address of its host", options.DatabaseName);
        return next(context);
    }
}
