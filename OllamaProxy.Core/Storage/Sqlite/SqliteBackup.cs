using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using static SQLitePCL.raw;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>Copies a database file while processes work on it, by SQLite's online backup (https://sqlite.org/backup.html).</summary>
public static class SqliteBackup
{
    /// <summary>How many pages are copied at once: 8 MiB. In between the copy can be broken off.</summary>
    private const int Pages = 2048;

    /// <summary>
    /// Copies the file as it is at one moment, and checks the copy. It gets its name only then: whatever happens, no incomplete file has
    /// it.
    /// </summary>
    /// <param name="source">The full path of the database.</param>
    /// <param name="target">The full path of the copy.</param>
    /// <param name="replace">Whether a file that is there is replaced.</param>
    /// <param name="cancellationToken">Breaks it off, and removes what was copied.</param>
    /// <returns>The size of the copy in bytes.</returns>
    /// <exception cref="StoreException">There is no copy; a file that was there is as it was.</exception>
    public static long Run(string source, string target, bool replace, CancellationToken cancellationToken)
    {
        RefuseUnfit(source, target, replace);
        var partial = $"{target}.{Path.GetRandomFileName()}.partial";
        try
        {
            Create(partial, source);
            Copy(source, partial, cancellationToken);
            var size = new FileInfo(partial).Length;
            File.Move(partial, target, replace);
            return size;
        }
        catch (SqliteException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (SqliteException exception)
        {
            var isOfTarget = exception.SqliteErrorCode is SQLITE_FULL or SQLITE_IOERR;
            throw new SqliteDatabase(isOfTarget ? target : source).Translate(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The backup {target} cannot be written: {exception.Message}", exception);
        }
        finally
        {
            foreach (var ending in new[] { "", "-journal", "-wal", "-shm" })
                TryDelete(partial + ending);
        }
    }

    private static void RefuseUnfit(string source, string target, bool replace)
    {
        if (!File.Exists(source))
            throw new StoreException($"There is no database {source}. Set OLLAMA_PROXY_DB to the one to back up.");
        if (Directory.Exists(target))
            throw new StoreException($"{target} is a folder. Name a file to be written.");
        var (database, other) = (Resolve(source), Resolve(target));
        if (other == database || other == database + "-wal" || other == database + "-shm")
            throw new StoreException($"{target} is the database itself. Name another file.");
        if (!replace && Path.Exists(target))
            throw new StoreException($"There is a file {target} already. Name another one, or add --force to replace it.");
    }

    private static string Resolve(string path) =>
        File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;

    /// <summary>Creates an empty file that nobody may read who may not read the source.</summary>
    private static void Create(string partial, string source)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = File.GetUnixFileMode(source);
        new FileStream(partial, options).Dispose();
    }

    private static void Copy(string source, string partial, CancellationToken cancellationToken)
    {
        using var from = new SqliteDatabase(source).OpenForBackup();
        using var to = new SqliteDatabase(partial).OpenWriter();
        // In one snapshot: what others commit meanwhile does not make SQLite begin anew.
        from.Execute("BEGIN");
        from.Number("SELECT count(*) FROM sqlite_schema");
        using (var backup = sqlite3_backup_init(to.Handle, "main", from.Handle, "main"))
        {
            if (backup.IsInvalid)
                SqliteException.ThrowExceptionForRC(sqlite3_errcode(to.Handle), to.Handle);
            int result;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                result = sqlite3_backup_step(backup, Pages);
                SqliteException.ThrowExceptionForRC(result, to.Handle);
            }
            while (result != SQLITE_DONE);
        }
        from.Execute("ROLLBACK");
        Check(to, source, cancellationToken);
    }

    private static void Check(SqliteConnection copy, string source, CancellationToken cancellationToken)
    {
        using var interruption = cancellationToken.Register(() => sqlite3_interrupt(copy.Handle));
        using var command = copy.Command("PRAGMA quick_check(1)");
        if (command.ExecuteScalar() is string fault && fault != "ok")
            throw new StoreException($"The database {source} is damaged: {fault.Trim()}. No backup was written. Keep the earlier ones, "
                + "stop the server, and restore the last good one.")
            {
                IsTransient = false,
            };
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is named as a part: nobody takes it for a backup.
        }
    }
}
