namespace OllamaProxy.Storage.Copying;

/// <summary>Tells whether another process has a SQLite file open.</summary>
internal static class SqliteFileUse
{
    /// <summary>
    /// The byte of the file <c>-shm</c> that every connection of a file with a write-ahead log keeps locked
    /// (<c>UNIX_SHM_DMS</c> and <c>WIN_SHM_DMS</c> of SQLite).
    /// </summary>
    private const long ConnectionLock = 128;

    /// <summary>
    /// Whether another process has it open, as far as the system tells. This process must not: on Unix it would lose its locks with this.
    /// </summary>
    public static bool IsOpen(string path)
    {
        if (!File.Exists(path) || (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows()))
            return false;
        // SQLite follows links before it makes its files.
        var index = (File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path) + "-shm";
        FileStream file;
        try
        {
            file = new(index, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        using (file)
        {
            try
            {
                file.Lock(ConnectionLock, 1);
                file.Unlock(ConnectionLock, 1);
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }
}
