using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>The database file: how it is opened, and what its faults are called.</summary>
internal sealed class SqliteDatabase(string path)
{
    /// <summary>How long a statement waits for a lock that another process holds, in seconds.</summary>
    private const int BusySeconds = 5;

    /// <summary>A connection that can write. Its commits survive a loss of power.</summary>
    public SqliteConnection OpenWriter()
    {
        var connection = Open(SqliteOpenMode.ReadWriteCreate, pooling: false);
        connection.Execute("PRAGMA synchronous = FULL");
        return connection;
    }

    /// <summary>A pooled connection that can only read. In WAL mode it never waits for a writer.</summary>
    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadOnly, pooling: true);

    /// <summary>Closes the pooled readers.</summary>
    public void CloseReaders() => SqliteConnection.ClearPool(new SqliteConnection(ConnectionString(SqliteOpenMode.ReadOnly, pooling: true)));

    /// <summary>What to tell people about an error of SQLite's (https://sqlite.org/rescode.html).</summary>
    public StoreException Translate(SqliteException exception) => new(
        exception.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => $"The database {path} is locked by another process.",
            SQLitePCL.raw.SQLITE_FULL => $"The disk of the database {path} is full.",
            SQLitePCL.raw.SQLITE_READONLY => $"The database {path} is read-only.",
            SQLitePCL.raw.SQLITE_CANTOPEN => $"The database {path} cannot be opened.",
            SQLitePCL.raw.SQLITE_CORRUPT => $"The database {path} is damaged.",
            SQLitePCL.raw.SQLITE_NOTADB => $"The file {path} is no SQLite database.",
            _ => $"The database {path} answered: {exception.Message}",
        },
        exception);

    private SqliteConnection Open(SqliteOpenMode mode, bool pooling)
    {
        var connection = new SqliteConnection(ConnectionString(mode, pooling));
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private string ConnectionString(SqliteOpenMode mode, bool pooling) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = pooling,
        DefaultTimeout = BusySeconds,
    }.ToString();
}
