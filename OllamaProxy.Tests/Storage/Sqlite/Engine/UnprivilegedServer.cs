using System.Diagnostics;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>The server run by somebody who owns no files: by <c>setpriv</c>, so only as root.</summary>
internal static class UnprivilegedServer
{
    private const string SetPriv = "/usr/bin/setpriv";
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Open = (UnixFileMode)511; // 0777

    public static bool CanRun => Environment.IsPrivilegedProcess && File.Exists(SetPriv);

    /// <summary>Runs the server to its end, on a database that it may read but not write, in a folder where it may write.</summary>
    public static Task<(int Code, string Output)> RunAsync(TempFolder folder, string database) =>
        RunAsync(folder, database, Readable, Open);

    /// <summary>Runs the server to its end.</summary>
    /// <param name="folder">Where the database is.</param>
    /// <param name="database">The database, which may not be there.</param>
    /// <param name="ofFile">What may be done with it.</param>
    /// <param name="ofFolder">What may be done with the folder.</param>
    public static async Task<(int Code, string Output)> RunAsync(
        TempFolder folder, string database, UnixFileMode ofFile, UnixFileMode ofFolder)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException();
        if (File.Exists(database))
            File.SetUnixFileMode(database, ofFile);
        File.SetUnixFileMode(folder.Path, ofFolder);
        // The checkout may be where nobody else can look.
        using var program = new TempFolder();
        File.SetUnixFileMode(program.Path, Open);
        var built = Path.Combine(
            Repository.File("OllamaProxy.Server"), Path.GetRelativePath(Repository.File("OllamaProxy.Tests"), AppContext.BaseDirectory));
        foreach (var file in Directory.GetFiles(built, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(program.Path, Path.GetRelativePath(built, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string[] command =
        [
            "--reuid=65534", "--regid=65534", "--clear-groups",
            "dotnet", program.File("OllamaProxy.Server.dll"), "--urls", "http://127.0.0.1:0",
        ];
        using var process = Process.Start(new ProcessStartInfo(SetPriv, command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = program.Path,
            Environment = { ["OLLAMA_PROXY_DB"] = database, ["HOME"] = program.Path },
        })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var output = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, string.Concat(output));
        }
        finally
        {
            process.Kill();
        }
    }
}
