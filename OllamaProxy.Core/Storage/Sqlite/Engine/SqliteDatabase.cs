using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>Opens connections to the database file, and translates the errors of SQLite.</summary>
internal sealed class SqliteDatabase(string path)
{
    /// <summary>How long a statement waits for a lock that another process holds, in seconds.</summary>
    private const int BusySeconds = 5;

    static SqliteDatabase()
    {
        // SQLite's memory statistics are not used, and cost a lock at each allocation (https://sqlite.org/malloc.html).
        SQLitePCL.Batteries_V2.Init();
        SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>Opens a connection that can write. Its commits survive a power failure.</summary>
    /// <exception cref="SqliteException">The file cannot be opened for writing.</exception>
    public SqliteConnection OpenWriter()
    {
        var connection = Open(SqliteOpenMode.ReadWriteCreate);
        if (SQLitePCL.raw.sqlite3_db_readonly(connection.Handle, "main") != 0)
        {
            // Without permission to write, SQLite opens the file for reading instead.
            connection.Dispose();
            throw new SqliteException("The file is read-only.", SQLitePCL.raw.SQLITE_READONLY);
        }
        connection.Execute("PRAGMA synchronous = FULL");
        return connection;
    }

    /// <summary>Opens a connection that can only read.</summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadOnly);

    /// <summary>
    /// Opens a connection that can only read and leaves no file behind. Where there is no write-ahead log, nobody has the file open, and
    /// SQLite is told not to make one, which a reader could not remove.
    /// </summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection OpenInspector()
    {
        // SQLite follows links before it makes its files.
        var file = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        return File.Exists(file + "-wal") ? OpenReader() : Open(SqliteOpenMode.ReadOnly, $"{new Uri(file).AbsoluteUri}?immutable=1");
    }

    /// <summary>
    /// Opens a connection that is only used to read but, if it is the last one, removes the write-ahead log as it closes, which takes the
    /// right to write. Without it, it can only read.
    /// </summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection OpenForBackup() => Open(SqliteOpenMode.ReadWrite);

    /// <summary>Checks the consistency of the file's pages.</summary>
    /// <exception cref="StoreException">The file is damaged. The message names the first fault.</exception>
    public void Check(SqliteConnection connection)
    {
        using var command = connection.Command("PRAGMA quick_check(1)");
        if (command.ExecuteScalar() is string fault && fault != "ok")
            throw new StoreException(
                $"The database {path} is damaged: {fault.Trim()}. Restore it from a copy, or set OLLAMA_PROXY_DB to another file.")
            {
                IsTransient = false,
            };
    }

    /// <summary>Translates an error of SQLite (https://sqlite.org/rescode.html) to one that users understand.</summary>
    public StoreException Translate(SqliteException exception) => new(
        exception.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => $"The database {path} is locked by another process.",
            SQLitePCL.raw.SQLITE_FULL => $"The disk of the database {path} is full.",
            SQLitePCL.raw.SQLITE_READONLY => $"The database {path} is read-only.",
            SQLitePCL.raw.SQLITE_CANTOPEN => $"The database {path} cannot be opened: {OpeningFault.Of(path) ?? exception.Message}",
            SQLitePCL.raw.SQLITE_CORRUPT => $"The database {path} is damaged.",
            SQLitePCL.raw.SQLITE_NOTADB => $"The file {path} is no SQLite database.",
            _ => $"The database {path} answered: {exception.Message}",
        },
        exception)
    {
        IsTransient = exception.SqliteErrorCode
            is not (SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB),
    };

    private SqliteConnection Open(SqliteOpenMode mode, string? source = null)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source ?? path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            connection.Open();
            SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, BusySeconds * 1000);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
