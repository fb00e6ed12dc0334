using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;

namespace OllamaProxy.Functions;

/// <summary>Has the worker learn of what the host does not tell it, or not in time.</summary>
internal static class HostWatching
{
    /// <summary>Ends the worker with its host and, where that is <c>func</c> on this machine, begins the end as soon as that does.</summary>
    public static void WatchHost(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHostedService(services => new ParentWatch(
            ParentWatch.CurrentParentId, services.GetRequiredService<IHostApplicationLifetime>().StopApplication, TimeProvider.System));
        if (AppAddress.LocalPort(builder.Configuration[StartLog.HostName]) is not { } port)
            return;
        builder.Services.AddHostedService(services =>
        {
            var (shutdown, options) = (services.GetRequiredService<Shutdown>(), services.GetRequiredService<OllamaProxyOptions>());
            // The host gives its requests 30 seconds, so that ours can have all the time that the settings give them.
            return new ListenerWatch(port, () => shutdown.Begin(options.ShutdownTime), TimeProvider.System);
        });
    }
}
