using OllamaProxy.Configuration;
using OllamaProxy.Simulator;

namespace OllamaProxy.Server;

/// <summary>Runs the Simulator inside the server, for people without Ollama.</summary>
internal static class Simulation
{
    /// <summary>The speed of a small model, slow enough to watch.</summary>
    private const double TokensPerSecond = 20;

    /// <summary>Starts the Simulator if the command line asks for it; otherwise returns null.</summary>
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
