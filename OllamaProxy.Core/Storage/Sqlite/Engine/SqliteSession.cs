using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// A connection with the statements that were prepared on it: to prepare one takes several times as long as to run it. The
/// texts are kept for good, so they must be few. Values go in as parameters, of the same names in the same order for the
/// same text; null becomes NULL. Used by one thread at a time. Every method can throw a <see cref="SqliteException"/>.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteStatement[]> _prepared = [];
    private readonly sqlite3 _handle = connection.Handle!;

    public SqliteConnection Connection => connection;

    /// <summary>The rowid that the last INSERT was given.</summary>
    public long LastInsertedRow => raw.sqlite3_last_insert_rowid(_handle);

    /// <summary>How many rows were changed so far, also by what was undone since.</summary>
    public int ChangedRows => raw.sqlite3_total_changes(_handle);

    /// <summary>Whether a transaction is under way. SQLite itself ends it after some faults, such as a full disk.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Runs statements and returns how many rows the last of them changed, not counting what triggers did.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        foreach (var statement in Prepare(sql, values))
        {
            using (statement)
            {
                statement.Bind(values);
                while (statement.Read())
                {
                    // What it answers is not asked for.
                }
            }
        }
        return raw.sqlite3_changes(_handle);
    }

    /// <summary>Runs a statement that answers with rows. Until it is disposed, the same text cannot be run again.</summary>
    public SqliteStatement Query(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var statement = Prepare(sql, values).Single();
        statement.Bind(values);
        return statement;
    }

    /// <summary>The first column of the first row as a whole number; null if that is NULL or there is no row.</summary>
    public long? NumberOrNull(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var row = Query(sql, values);
        return row.Read() ? row.Int64OrNull(0) : null;
    }

    /// <summary>The first column of the first row as a whole number; 0 if that is NULL or there is no row.</summary>
    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => NumberOrNull(sql, values) ?? 0;

    /// <summary>Reads a part of a text or blob, without the rest of it. The piece must lie within it.</summary>
    public void ReadBlob(string table, string column, long row, int offset, Span<byte> piece)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_blob_open(_handle, "main", table, column, row, 0, out var blob), _handle);
        using (blob)
            SqliteException.ThrowExceptionForRC(raw.sqlite3_blob_read(blob, piece, offset), _handle);
    }

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
            SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(_handle, rest, raw.SQLITE_PREPARE_PERSISTENT, out var statement, out rest), _handle);
            statements.Add(new(_handle, statement, values));
        }
        return _prepared[sql] = [.. statements];
    }
}
