using OllamaProxy.Configuration;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Inspection;

namespace OllamaProxy.Server.Doctor;

/// <summary>Whether the database can be used, and has room.</summary>
public static class StoreCheck
{
    /// <summary>With less free space than this, in bytes, the disk may be full at the next large prompts.</summary>
    private const long LeastFree = 500_000_000;

    /// <summary>Whether the server could start on the database.</summary>
    public static async Task<Finding> RunAsync(OllamaProxyOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return Finding.Good(await StoreInspection.RunAsync(options, cancellationToken));
        }
        catch (StoreException exception)
        {
            return Finding.Wrong(exception.Message);
        }
    }

    /// <summary>The disk of the SQLite file; nothing where it cannot be seen from here.</summary>
    public static IEnumerable<Finding> OfDisk(OllamaProxyOptions options)
    {
        if (options.Store != StoreKind.Sqlite)
            return [];
        var folder = Path.GetDirectoryName(options.DatabasePath);
        while (folder is not null && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder);
        try
        {
            return folder is null ? [] : [OfSpace(folder, new DriveInfo(folder).AvailableFreeSpace)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [Finding.Wrong($"The disk of {folder} cannot be looked at: {exception.Message}")];
        }
    }

    /// <summary>Whether so much free space will do.</summary>
    /// <param name="folder">Where the file is.</param>
    /// <param name="free">The free space of its disk in bytes.</param>
    public static Finding OfSpace(string folder, long free)
    {
        var size = FormattableString.Invariant($"{free / 1e9:N1} GB");
        return free >= LeastFree
            ? Finding.Good($"The disk of {folder} has {size} free.")
            : Finding.Wrong($"The disk of {folder} has only {size} free. Free some, have old prompts removed by "
                + "OLLAMA_PROXY_RETENTION_DAYS, or set OLLAMA_PROXY_DB to a file on another disk.");
    }
}
