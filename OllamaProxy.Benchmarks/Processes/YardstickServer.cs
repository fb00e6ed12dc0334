using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>Plain Kestrel that answers every request with an empty 200: what the machine can do at the most.</summary>
internal static class YardstickServer
{
    /// <summary>The benchmark's argument that makes it this server.</summary>
    public const string Argument = "yardstick";

    /// <summary>The benchmark itself, as this server.</summary>
    public static ServerProgram Program { get; } = new("dotnet", typeof(YardstickServer).Assembly.Location, Argument);

    public static async Task<int> ServeAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true)
            .SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        await using var app = builder.Build();
        app.Run(_ => Task.CompletedTask);
        await app.RunAsync();
        return 0;
    }
}
