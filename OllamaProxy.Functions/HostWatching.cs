using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;

namespace OllamaProxy.Functions;

/// <summary>Registers the services that watch the Functions host, for events that it reports late or never.</summary>
internal static class HostWatching
{
    /// <summary>
    /// Ends the worker together with its host and, where the host is <c>func</c> on this machine, begins the shutdown as soon as the
    /// host's.
    /// </summary>
    public static void WatchHost(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHostedService(services => new ParentWatch(
            ParentWatch.CurrentParentId, services.GetRequiredService<IHostApplicationLifetime>().StopApplication, TimeProvider.System));
        if (AppAddress.LocalPort(builder.Configuration[StartLog.HostName]) is not { } port)
            return;
        builder.Services.AddHostedService(services =>
        {
            var (shutdown, options) = (services.GetRequiredService<Shutdown>(), services.GetRequiredService<OllamaProxyOptions>());
            // The host waits 30 seconds for its requests, so the shutdown may take the time of the settings.
            return new ListenerWatch(port, () => shutdown.Begin(options.ShutdownTime), TimeProvider.System);
        });
    }
}
