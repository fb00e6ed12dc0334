using System.Text;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Texts;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>A prepared statement. Once it ran, the values of a row can be read until it is disposed, which readies it to be run again.</summary>
internal sealed class SqliteStatement : IDisposable
{
    /// <summary>Up to so many bytes take no memory of their own on the way to SQLite, which makes a copy.</summary>
    private const int ShortText = 512;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    /// <summary>Where each value is bound, of those that a caller gives; 0: not in this statement.</summary>
    private readonly int[] _places;

    /// <param name="connection">The connection.</param>
    /// <param name="statement">The statement, which is this object's own from now on.</param>
    /// <param name="names">The names of the values that will be bound, in their order.</param>
    public SqliteStatement(sqlite3 connection, sqlite3_stmt statement, ReadOnlySpan<(string Name, object? Value)> names)
    {
        _connection = connection;
        _statement = statement;
        _places = new int[names.Length];
        for (var value = 0; value < names.Length; value++)
            _places[value] = raw.sqlite3_bind_parameter_index(statement, names[value].Name);
    }

    public void Bind(ReadOnlySpan<(string Name, object? Value)> values)
    {
        for (var value = 0; value < _places.Length; value++)
            if (_places[value] > 0)
                Check(Bind(_places[value], values[value].Value));
    }

    /// <summary>Steps to the next row; false: there is none, and the statement has done its work.</summary>
    /// <exception cref="SqliteException">It failed.</exception>
    public bool Read()
    {
        var answer = raw.sqlite3_step(_statement);
        if (answer == raw.SQLITE_ROW)
            return true;
        Check(answer);
        return false;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int32(int column) => (int)Int64(column);

    public double Real(int column) => raw.sqlite3_column_double(_statement, column);

    /// <summary>A text, also one that holds the character 0.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    /// <summary>A text or blob as the bytes that are stored, without a detour through UTF-16.</summary>
    public ReadOnlyMemory<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    /// <summary>Copies a blob into memory of the caller's, which must be large enough, and returns its length.</summary>
    public int CopyBytes(int column, Span<byte> target)
    {
        var bytes = raw.sqlite3_column_blob(_statement, column);
        bytes.CopyTo(target);
        return bytes.Length;
    }

    /// <summary>Makes sure that a text or blob is what was stored.</summary>
    /// <param name="column">The text's.</param>
    /// <param name="checksum">The column of its checksum; NULL there: it has none.</param>
    /// <param name="what">Which text of a prompt it is.</param>
    /// <exception cref="StoreException">It is not.</exception>
    public void RefuseDamaged(int column, int checksum, string what)
    {
        if (!IsNull(checksum) && Checksum.Of(raw.sqlite3_column_blob(_statement, column)) != Int64(checksum))
            throw Checksum.Mismatch(what);
    }

    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    public int? Int32OrNull(int column) => IsNull(column) ? null : Int32(column);

    public double? RealOrNull(int column) => IsNull(column) ? null : Real(column);

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    // A bare null would be taken for a null array, which becomes an empty memory and not none.
    public ReadOnlyMemory<byte>? BytesOrNull(int column) => IsNull(column) ? default(ReadOnlyMemory<byte>?) : Bytes(column);

    /// <summary>Readies it to be run again, and lets go of the values that were bound.</summary>
    public void Dispose()
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
    }

    /// <summary>Gives the statement up.</summary>
    public void Close() => _statement.Dispose();

    private int Bind(int place, object? value) => value switch
    {
        null => raw.SQLITE_OK,
        string text => BindText(place, text),
        long number => raw.sqlite3_bind_int64(_statement, place, number),
        int number => raw.sqlite3_bind_int64(_statement, place, number),
        double number => raw.sqlite3_bind_double(_statement, place, number),
        ReadOnlyMemory<byte> { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, place, 0), // An empty span would be NULL.
        ReadOnlyMemory<byte> bytes => raw.sqlite3_bind_blob(_statement, place, bytes.Span),
        _ => throw new ArgumentException($"{value.GetType()} cannot be stored.", nameof(value)),
    };

    /// <summary>With its length, since a text may hold the character 0, where SQLite would take it to end.</summary>
    private int BindText(int place, string text)
    {
        if (text.Length == 0)
            return raw.sqlite3_bind_text(_statement, place, ""); // An empty span would be NULL.
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (longest > ShortText)
            return raw.sqlite3_bind_text(_statement, place, Encoding.UTF8.GetBytes(text));
        Span<byte> utf8 = stackalloc byte[longest];
        return raw.sqlite3_bind_text(_statement, place, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    private void Check(int answer)
    {
        if (answer is not (raw.SQLITE_OK or raw.SQLITE_DONE))
            SqliteException.ThrowExceptionForRC(answer, _connection);
    }
}
