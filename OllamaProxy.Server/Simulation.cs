using OllamaProxy.Configuration;
using OllamaProxy.Simulator;

namespace OllamaProxy.Server;

/// <summary>The Simulator inside the server, for people without Ollama.</summary>
internal static class Simulation
{
    /// <summary>Slow enough to be watched, as a model is.</summary>
    private const double TokensPerSecond = 20;

    /// <summary>Starts the Simulator if the command line asks for it; else null.</summary>
    public static async Task<OllamaSimulator?> StartIfAskedAsync(CommandLine commandLine)
    {
        if (!commandLine.Simulate)
            return null;
        var settings = new SettingReader(new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(commandLine.Settings).Build());
        var model = settings.Text("OLLAMA_MODEL", new OllamaProxyOptions().Model);
        return await OllamaSimulator.StartAsync(new()
        {
            Models = [model],
            TokensPerSecond = TokensPerSecond,
            Latency = TimeSpan.FromMilliseconds(300),
        });
    }
}
