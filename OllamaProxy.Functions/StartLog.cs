using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;

namespace OllamaProxy.Functions;

/// <summary>
/// Middleware that logs the app's address and database once. It does so in the first run of the worker, since the host shows nothing that
/// is logged outside of an invocation.
/// </summary>
public sealed class StartLog(OllamaProxyOptions options, IConfiguration configuration, ILogger<StartLog> logger)
    : IFunctionsWorkerMiddleware
{
    /// <summary>The function in whose first invocation it logs.</summary>
    public const string Function = "Drain";

    /// <summary>The variable with the address of the host.</summary>
    public const string HostName = "WEBSITE_HOSTNAME";

    private int _hasLogged;

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (Interlocked.Exchange(ref _hasLogged, 1) == 0)
        {
            var address = AppAddress.Of(configuration[HostName]);
            Log.Started(logger, address?.ToString() ?? "the address of its host", options.DatabaseName);
            if (address is { IsLoopback: false } && !options.NeedsApiKey)
                Log.OpenToAll(logger, address.ToString());
        }
        return next(context);
    }
}
