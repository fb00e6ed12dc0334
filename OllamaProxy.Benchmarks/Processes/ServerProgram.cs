using System.Diagnostics;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Server;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>A server that can be started as a process of its own.</summary>
/// <param name="File">What is started.</param>
/// <param name="Arguments">Its first arguments.</param>
internal sealed record ServerProgram(string File, params IReadOnlyList<string> Arguments)
{
    /// <summary>The server that was built with the benchmark, on the runtime.</summary>
    public static ServerProgram Built { get; } = new("dotnet", typeof(ServerApplication).Assembly.Location);

    /// <summary>Starts it, with the settings that are given and none of the benchmark's own environment.</summary>
    public Process Start(string folder, string urls, params IEnumerable<(string Name, string Value)> settings)
    {
        var start = new ProcessStartInfo(File, [.. Arguments, "--urls", urls])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static bool IsSetting(string name) =>
        name is LoadGenerator.InlineCompletions || name.StartsWith("OLLAMA_", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || name.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase);
}
