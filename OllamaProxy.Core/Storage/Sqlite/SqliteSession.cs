using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// A connection with the statements that were prepared on it: to prepare one takes several times as long as to run it. The
/// texts are kept for good, so they must be few. Values go in as parameters, in the same order for the same text; null
/// becomes NULL. Used by one thread at a time.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    public SqliteConnection Connection => connection;

    /// <summary>The rowid that the last INSERT was given.</summary>
    public long LastInsertedRow => SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle);

    /// <summary>How many rows were changed so far, also by what was undone since.</summary>
    public int ChangedRows => SQLitePCL.raw.sqlite3_total_changes(connection.Handle);

    /// <summary>Whether a transaction is under way. SQLite itself ends it after some faults, such as a full disk.</summary>
    public bool InTransaction => SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Runs statements and returns how many rows they changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Prepare(sql, parameters).ExecuteNonQuery();

    /// <summary>Runs a statement that answers with rows. Until they are disposed, the same text cannot be run again.</summary>
    public SqliteDataReader Query(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Prepare(sql, parameters).ExecuteReader();

    /// <summary>The first column of the first row; null if that is NULL or there is no row.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Prepare(sql, parameters).ExecuteScalar() is var value and not DBNull ? value : null;

    /// <summary>The first column of the first row as a whole number; 0 if that is NULL or there is no row.</summary>
    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Convert.ToInt64(Scalar(sql, parameters), CultureInfo.InvariantCulture);

    /// <summary>Runs several queries on one state of the file, so that their answers agree.</summary>
    public void InSnapshot(Action queries)
    {
        Execute("BEGIN");
        try
        {
            queries();
        }
        finally
        {
            Execute("ROLLBACK");
        }
    }

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
            command.Dispose();
        connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_prepared.TryGetValue(sql, out var command))
            _prepared.Add(sql, command = connection.Command(sql, parameters));
        for (var index = 0; index < parameters.Length; index++)
            command.Parameters[index].Value = parameters[index].Value ?? DBNull.Value;
        return command;
    }
}
