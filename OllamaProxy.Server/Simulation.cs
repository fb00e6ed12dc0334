using OllamaProxy.Simulator;

namespace OllamaProxy.Server;

/// <summary>The Simulator inside the server, for people without Ollama.</summary>
internal static class Simulation
{
    private const string Switch = "--simulate";

    /// <summary>Slow enough to be watched, as a model is.</summary>
    private const double TokensPerSecond = 20;

    /// <summary>What is left of a command line for others, who would take the word behind the switch for its value.</summary>
    public static string[] WithoutSwitch(string[] args) => [.. args.Where(arg => arg != Switch)];

    /// <summary>Starts the Simulator if the command line has <c>--simulate</c>; else null.</summary>
    public static async Task<OllamaSimulator?> StartIfAskedAsync(string[] args)
    {
        if (!args.Contains(Switch))
            return null;
        var model = Environment.GetEnvironmentVariable("OLLAMA_MODEL") is { Length: > 0 } set ? set : new OllamaProxyOptions().Model;
        return await OllamaSimulator.StartAsync(new()
        {
            Models = [model],
            TokensPerSecond = TokensPerSecond,
            Latency = TimeSpan.FromMilliseconds(300),
        });
    }
}
