using System.Diagnostics;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>The command <c>sqlite3</c> of the system, which may be years older than the SQLite of this program.</summary>
internal static class SqliteShell
{
    private const string Command = "/usr/bin/sqlite3";

    public static bool IsThere => File.Exists(Command);

    /// <summary>Runs statements and returns what they print. An error fails the test.</summary>
    public static async Task<string> RunAsync(string path, string sql)
    {
        using var process = Process.Start(new ProcessStartInfo(Command, ["-bail", path, sql])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
        await process.WaitForExitAsync(deadline.Token);
        Assert.Equal((0, ""), (process.ExitCode, await error));
        return (await output).Trim();
    }
}
