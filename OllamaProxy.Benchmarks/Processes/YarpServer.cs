using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>YARP on Kestrel, and nothing else: what a reverse proxy in .NET costs that keeps nothing.</summary>
internal static class YarpServer
{
    /// <summary>The benchmark's argument that makes it this server; a port and the address of Ollama follow.</summary>
    public const string Argument = "yarp";

    private const string Name = "ollama";

    /// <summary>The benchmark itself, as this server.</summary>
    public static ServerProgram Program { get; } = new("dotnet", typeof(YarpServer).Assembly.Location, Argument);

    public static async Task<int> ServeAsync(string port, string ollama)
    {
        var builder = WebApplication.CreateSlimBuilder([$"--urls=http://127.0.0.1:{port}"]);
        builder.Logging.ClearProviders();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = Name, ClusterId = Name, Match = new() { Path = "{**all}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = Name,
                    Destinations = new Dictionary<string, DestinationConfig> { [Name] = new() { Address = $"http://{ollama}/" } },
                },
            ]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
        return 0;
    }
}
