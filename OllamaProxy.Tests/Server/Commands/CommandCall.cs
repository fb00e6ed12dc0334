using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server.Commands;

/// <summary>A command of the server, called as people do: in a process of its own, in a folder.</summary>
internal static class CommandCall
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>The exit code, and what it wrote to either output.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        TempFolder folder, string arguments, params (string Name, string Value)[] settings)
    {
        using var process = new ServerProcess(folder, arguments, settings);
        var exitCode = await process.ExitCodeAsync();
        return (exitCode, process.Output.Trim());
    }
}
