using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// A connection with its prepared statements: preparing one takes several times as long as running it. Statements are never released, so
/// there must be few different SQL texts. Values are passed as parameters; for the same text they must have the same names in the same
/// order. Null becomes NULL. Not safe for many threads. Every method can throw a <see cref="SqliteException"/>.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteStatement[]> _prepared = [];
    private readonly sqlite3 _handle = connection.Handle!;

    public SqliteConnection Connection => connection;

    /// <summary>The rowid of the last INSERT.</summary>
    public long LastInsertedRow => raw.sqlite3_last_insert_rowid(_handle);

    /// <summary>How many rows have been changed in total, including changes that were rolled back.</summary>
    public int ChangedRows => raw.sqlite3_total_changes(_handle);

    /// <summary>Whether a transaction is open. SQLite itself ends it after some errors, such as a full disk.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Runs statements, and returns how many rows the last of them changed, without those that triggers changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        foreach (var statement in Prepare(sql, values))
        {
            using (statement)
            {
                statement.Bind(values);
                while (statement.Read())
                {
                    // The rows of the result are ignored.
                }
            }
        }
        return raw.sqlite3_changes(_handle);
    }

    /// <summary>Runs a statement that returns rows. The same text cannot be run again until the statement is disposed.</summary>
    public SqliteStatement Query(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var statement = Prepare(sql, values).Single();
        statement.Bind(values);
        return statement;
    }

    /// <summary>The first column of the first row as a whole number; null if it is NULL or there is no row.</summary>
    public long? NumberOrNull(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var row = Query(sql, values);
        return row.Read() ? row.Int64OrNull(0) : null;
    }

    /// <summary>The first column of the first row as a whole number; 0 if it is NULL or there is no row.</summary>
    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => NumberOrNull(sql, values) ?? 0;

    /// <summary>Reads a part of a text or blob, without reading the rest. The part must lie within the value.</summary>
    public void ReadBlob(string table, string column, long row, int offset, Span<byte> piece)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_blob_open(_handle, "main", table, column, row, 0, out var blob), _handle);
        using (blob)
            SqliteException.ThrowExceptionForRC(raw.sqlite3_blob_read(blob, piece, offset), _handle);
    }

    /// <summary>Runs several queries on the same state of the file, so that their results agree.</summary>
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
        foreach (var statement in _prepared.Values.SelectMany(statements => statements))
            statement.Close();
        connection.Dispose();
    }

    private SqliteStatement[] Prepare(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (_prepared.TryGetValue(sql, out var prepared))
            return prepared;
        var statements = new List<SqliteStatement>();
        for (var rest = sql; !string.IsNullOrWhiteSpace(rest);)
        {
            var code = raw.sqlite3_prepare_v3(_handle, rest, raw.SQLITE_PREPARE_PERSISTENT, out var statement, out rest);
            SqliteException.ThrowExceptionForRC(code, _handle);
            statements.Add(new(_handle, statement, values));
        }
        return _prepared[sql] = [.. statements];
    }
}
