using System.Diagnostics;
using OllamaProxy.Configuration;
using OllamaProxy.Server;
using OllamaProxy.Simulator;

namespace OllamaProxy.Benchmarks.Processes;

/// <summary>The server as a Native AOT binary.</summary>
internal static class AotBinary
{
    private static readonly string Folder = System.IO.Path.Combine(Checkout.Folder, "artifacts", "aot");
    private static readonly string Path = System.IO.Path.Combine(Folder, OperatingSystem.IsWindows()
        ? "OllamaProxy.Server.exe" : "OllamaProxy.Server");

    /// <summary>The binary as it is.</summary>
    public static ServerProgram Program { get; } = new(Path);

    /// <summary>Publishes the binary where there is none, or only one older than the libraries.</summary>
    /// <exception cref="BenchmarkException">It cannot be published.</exception>
    public static async Task<ServerProgram> PublishAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Path) || File.GetLastWriteTimeUtc(Path) < LastBuild())
            await RunAsync(cancellationToken);
        return Program;
    }

    /// <summary>Whether there is a binary, of whatever age.</summary>
    public static bool IsThere => File.Exists(Path);

    private static async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} Publishing the Native AOT binary, which takes a minute or two and does not count.");
        // A folder of its own for what is built on the way: that of the usual build would be of no use to either.
        var start = new ProcessStartInfo("dotnet",
        [
            "publish", "OllamaProxy.Server", "-c", "Release", "-p:PublishAot=true", "-m:1", "-v:q", "-nodeReuse:false",
            "--artifacts-path", System.IO.Path.Combine(Checkout.Folder, "artifacts", "aot-build"), "-o", Folder,
        ])
        {
            WorkingDirectory = Checkout.Folder,
            RedirectStandardOutput = true,
        };
        using var publish = Process.Start(start)!;
        try
        {
            var output = await publish.StandardOutput.ReadToEndAsync(cancellationToken);
            await publish.WaitForExitAsync(cancellationToken);
            if (publish.ExitCode != 0)
                throw new BenchmarkException($"The Native AOT binary cannot be published: {FirstError(output)}");
            // Also where nothing had changed, so that it is not tried again each time.
            File.SetLastWriteTimeUtc(Path, DateTime.UtcNow);
        }
        finally
        {
            if (!publish.HasExited)
                publish.Kill(entireProcessTree: true);
        }
    }

    /// <summary>When the newest of the server's own libraries was built.</summary>
    private static DateTime LastBuild() =>
        new[] { typeof(ServerApplication), typeof(OllamaProxyOptions), typeof(OllamaSimulator) }.Max(type =>
            File.GetLastWriteTimeUtc(type.Assembly.Location));

    private static string FirstError(string output) =>
        output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase))?.Trim() ?? output.Trim();
}
