using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OllamaProxy.Simulator;

/// <summary>Builds the web application of a simulator, without configuration and logging.</summary>
internal static class SimulatorHost
{
    public static WebApplication Build(IPEndPoint endPoint)
    {
        // The empty builder reads neither files (each watched file costs an inotify instance) nor the environment, and does not log.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }
}

/// <summary>
/// A host lifetime that leaves Ctrl+C to the program that the simulator runs in. The default lifetime would handle it itself.
/// </summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
