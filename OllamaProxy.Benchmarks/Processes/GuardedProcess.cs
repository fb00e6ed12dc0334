using System.Diagnostics;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>
/// A program in the background that ends with the process that started it, however that ends. Where that runs as root, the program runs as
/// <c>postgres</c>, since the programs of PostgreSQL refuse root.
/// </summary>
internal sealed class GuardedProcess : IDisposable
{
    private readonly Process _shell;

    private GuardedProcess(Process shell) => _shell = shell;

    /// <summary>What stands before a command so that it runs as <c>postgres</c>.</summary>
    private static string AsUser => Environment.UserName == "root" ? "runuser -u postgres -- " : "";

    /// <param name="command">The command, without quotes of its own.</param>
    /// <param name="log">Where its output goes.</param>
    /// <param name="signal">
    /// The signal that ends it as a crash does. A shell has its background ignore <c>QUIT</c>: that is for programs that handle it.
    /// </param>
    /// <param name="asUser">Whether it runs as <c>postgres</c>; else it sees to that itself.</param>
    public static GuardedProcess Start(string command, string log, string signal, bool asUser = true) => new(Process.Start(
        new ProcessStartInfo("sh")
        {
            RedirectStandardInput = true,
            WorkingDirectory = "/",
            // The shell ends the program when this process, which holds the other end of its input, is no more.
            ArgumentList = { "-c", $"{(asUser ? AsUser : "")}sh -c \"{command} >>{log} 2>&1 & program=\\$!; "
                + $"cat >/dev/null; kill -{signal} \\$program 2>/dev/null; wait\"" },
        })!);

    /// <summary>Runs a program of PostgreSQL's to its end.</summary>
    /// <exception cref="InvalidOperationException">It fails.</exception>
    public static async Task RunAsync(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("sh")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
            ArgumentList = { "-c", AsUser + command },
        })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command} ended with {process.ExitCode}: {string.Concat(output)}");
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task EndAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
    }

    public void Dispose() => _shell.Dispose();
}
