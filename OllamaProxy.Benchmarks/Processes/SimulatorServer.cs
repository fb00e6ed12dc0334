using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>The Simulator as a process of its own, as Ollama is: as fast as it can, and without a memory of what it was asked.</summary>
internal static class SimulatorServer
{
    /// <summary>The benchmark's argument that makes it this server.</summary>
    public const string Argument = "simulator";

    /// <summary>The benchmark itself, as this server.</summary>
    public static ServerProgram Program { get; } = new("dotnet", typeof(SimulatorServer).Assembly.Location, Argument);

    public static async Task<int> ServeAsync(string[] args)
    {
        await using var ollama = await OllamaSimulator.StartAsync(new() { KeepRequests = false }, args[^1]);
        Console.WriteLine($"{ServerProcess.Listening}{ollama.BaseAddress}");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
