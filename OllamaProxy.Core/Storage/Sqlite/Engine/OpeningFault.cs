namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>Finds out why SQLite cannot open a file. SQLite itself does not tell.</summary>
internal static class OpeningFault
{
    /// <summary>The Unix error EROFS.</summary>
    private const int ReadOnlyFileSystem = 30;

    /// <summary>The cause, as the end of a sentence; null: none was found.</summary>
    public static string? Of(string path)
    {
        if (Directory.Exists(path) || path.EndsWith(Path.DirectorySeparatorChar))
            return "it is a folder. Set OLLAMA_PROXY_DB to a file.";
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            return $"the folder {folder} is not there, or {User} may not look into it.";
        return OfFile(path) ?? OfFolder(folder);
    }

    private static string? OfFile(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (FileNotFoundException)
        {
            return new FileInfo(path).LinkTarget is { } target ? $"it is a link to {target}, which is not there." : null;
        }
        catch (UnauthorizedAccessException)
        {
            return $"{User} may not read and write it.";
        }
        catch (IOException exception)
        {
            return exception.HResult == ReadOnlyFileSystem ? "its file system is read-only." : exception.Message;
        }
    }

    /// <summary>The cause in the folder, where SQLite creates its log.</summary>
    public static string? OfFolder(string folder)
    {
        try
        {
            using var file = new FileStream(Path.Combine(folder, Path.GetRandomFileName()), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.DeleteOnClose,
            });
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return $"{User} may not make files in the folder {folder}.";
        }
        catch (IOException exception)
        {
            return exception.HResult == ReadOnlyFileSystem
                ? $"the file system of the folder {folder} is read-only."
                : $"no files can be made in the folder {folder}.";
        }
    }

    private static string User => $"the user '{Environment.UserName}'";
}
