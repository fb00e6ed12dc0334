using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// The files of an open database: the main file, its write-ahead log (<c>-wal</c>) and the index of the log (<c>-shm</c>). Each must still
/// be at its path: what is written to a file that was moved away is lost with the process, and others who open the database do not see it.
/// On Windows an open file cannot be moved; on other systems than Linux only the main file is checked.
/// </summary>
internal sealed class OpenFiles
{
    /// <summary>SQLITE_FCNTL_HAS_MOVED of <c>sqlite3_file_control</c>, which SQLitePCL does not declare.</summary>
    private const int HasMoved = 20;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly SideFile[] _beside;

    /// <param name="connection">The writer's connection, which has read the file already, so that the files beside it are open.</param>
    /// <param name="path">The path of the file, as it was configured.</param>
    public OpenFiles(SqliteConnection connection, string path)
    {
        (_connection, _path) = (connection, path);
        // SQLite resolves symbolic links: the log is beside the real file.
        var file = SQLitePCL.raw.sqlite3_db_filename(connection.Handle, "main").utf8_to_string();
        _beside = [new(file + "-wal", IsLog: true), new(file + "-shm", IsLog: false)];
    }

    /// <summary>Makes sure that each open file is still the one at its path.</summary>
    /// <exception cref="StoreException">A file was moved, deleted or replaced.</exception>
    public void RefuseMoved()
    {
        if (FileControl(_connection.Handle!, "main", HasMoved, out var moved) == SQLitePCL.raw.SQLITE_OK && moved != 0)
            throw Moved(
                $"The database {_path} was moved or deleted while the program ran. "
                + "Put it back, or restart the program to begin a new one.");
        foreach (var file in _beside)
        {
            if (file.IsInPlace)
                continue;
            if (file is { IsLog: true, IsPlaceEmpty: true })
                Fold();
            RefuseMovedLog();
        }
    }

    /// <summary>
    /// Like <see cref="RefuseMoved"/>, but only for the files beside the main one: a connection that is opened now would read another log.
    /// Safe for many threads.
    /// </summary>
    /// <exception cref="StoreException">A file was moved, deleted or replaced.</exception>
    public void RefuseMovedLog()
    {
        foreach (var file in _beside)
            if (!file.IsInPlace)
                throw Moved(
                    $"The file {file.Path}, which belongs to the database, was moved, deleted or replaced while the program ran. "
                    + "Put it back, or stop the program, but do not kill it, and start it again.");
    }

    private static StoreException Moved(string message) => new(message) { IsTransient = false };

    /// <summary>
    /// Checkpoints a log that is open but has been deleted, so that acknowledged writes are not lost with this process. This must not be
    /// done once another log is at its path, since another process may use that.
    /// </summary>
    private void Fold()
    {
        try
        {
            _connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // The next write tries again.
        }
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control",
        CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(SQLitePCL.sqlite3 connection, string database, int operation, out int answer);

    /// <summary>A file beside the main one. It was at its path when this was created.</summary>
    private sealed record SideFile(string Path, bool IsLog)
    {
        private readonly byte[] _path = Encoding.UTF8.GetBytes(Path + '\0');
        private readonly FileIdentity? _opened = FileIdentity.Of(Encoding.UTF8.GetBytes(Path + '\0'));

        public bool IsInPlace => _opened is null || FileIdentity.Of(_path) == _opened;

        public bool IsPlaceEmpty => FileIdentity.Of(_path) is null;
    }
}
