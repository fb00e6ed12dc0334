using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// The files of an open database: the main one, its write-ahead log (<c>-wal</c>) and the index of that (<c>-shm</c>). All must be
/// where their paths say: what is written to another file is lost with the process, and who opens the database meanwhile does not see it.
/// On Windows an open file cannot be taken away; elsewhere than on Linux only the main one is looked at.
/// </summary>
internal sealed class OpenFiles
{
    /// <summary>SQLITE_FCNTL_HAS_MOVED, of <c>sqlite3_file_control</c>, which SQLitePCL leaves out.</summary>
    private const int HasMoved = 20;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly SideFile[] _beside;

    /// <param name="connection">The writer's. It has read the file: then the files beside it are open.</param>
    /// <param name="path">What people call the file.</param>
    public OpenFiles(SqliteConnection connection, string path)
    {
        (_connection, _path) = (connection, path);
        // SQLite follows links to the file itself, and its log is beside that.
        var file = SQLitePCL.raw.sqlite3_db_filename(connection.Handle, "main").utf8_to_string();
        _beside = [new(file + "-wal", IsLog: true), new(file + "-shm", IsLog: false)];
    }

    /// <summary>Makes sure that each open file is still the one that its path names.</summary>
    /// <exception cref="StoreException">One is not.</exception>
    public void RefuseMoved()
    {
        if (FileControl(_connection.Handle!, "main", HasMoved, out var moved) == SQLitePCL.raw.SQLITE_OK && moved != 0)
            throw Moved(
                $"The database {_path} was moved or deleted while the program ran. Put it back, or restart the program to begin a new one.");
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
    /// As <see cref="RefuseMoved"/>, of the files beside the main one: who opens the database now would read another log. Safe for many
    /// threads.
    /// </summary>
    /// <exception cref="StoreException">One is not.</exception>
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
    /// Writes what is in the log, which is open though its name is gone, into the main file: so that what was acknowledged is not lost
    /// with this process. Not where another log has taken its place: somebody else may go by that.
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

    /// <summary>A file beside the main one, which was in its place when this was made.</summary>
    private sealed record SideFile(string Path, bool IsLog)
    {
        private readonly byte[] _path = Encoding.UTF8.GetBytes(Path + '\0');
        private readonly FileIdentity? _opened = FileIdentity.Of(Encoding.UTF8.GetBytes(Path + '\0'));

        public bool IsInPlace => _opened is null || FileIdentity.Of(_path) == _opened;

        public bool IsPlaceEmpty => FileIdentity.Of(_path) is null;
    }
}
