using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OllamaProxy.Configuration;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Server.Commands;

/// <summary>The command <c>backup</c>, which copies the SQLite file while the server works on it.</summary>
internal static class BackupCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "The file to write." };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there." };
        var command = new Command("backup", "Back up the SQLite file, also while the server runs, and check the copy.") { path, force };
        command.SetAction((call, cancellationToken) => RunAsync(call.GetRequiredValue(path), call.GetValue(force), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool replace, CancellationToken cancellationToken)
    {
        var settings = new SettingReader(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        var source = DatabaseFile.Of(settings)
            ?? throw new StoreException("The prompts are in PostgreSQL (OLLAMA_PROXY_STORE), which has its own backups, such as "
                + "pg_dump --format=custom --file=PATH DATABASE. See docs/operations.md.");
        var (target, begunAt) = (Path.GetFullPath(path), Stopwatch.GetTimestamp());
        try
        {
            // SQLite blocks, and the signals that end the process are handled by whoever waits.
            var size = await Task.Run(() => SqliteBackup.Run(source, target, replace, cancellationToken), CancellationToken.None);
            var seconds = Stopwatch.GetElapsedTime(begunAt).TotalSeconds;
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{target} is a good backup of {source}: {size / 1e6:N1} MB in {seconds:N1} seconds."));
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("The backup was stopped, and nothing was written.");
            return ServerCommands.Failed;
        }
    }
}
