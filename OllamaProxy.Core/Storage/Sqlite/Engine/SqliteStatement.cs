using System.Text;
using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Texts;
using SQLitePCL;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>A prepared statement, and its current row while it runs. Disposing it resets it, so that it can be run again.</summary>
internal sealed class SqliteStatement : IDisposable
{
    /// <summary>Texts of up to this many bytes are encoded on the stack: SQLite copies them.</summary>
    private const int ShortText = 512;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    /// <summary>The index at which each value of the caller is bound; 0: this statement does not use the value.</summary>
    private readonly int[] _indexes;

    /// <param name="connection">The connection.</param>
    /// <param name="statement">The statement, which this object owns from now on.</param>
    /// <param name="names">The names of the values that will be bound, in their order.</param>
    public SqliteStatement(sqlite3 connection, sqlite3_stmt statement, ReadOnlySpan<(string Name, object? Value)> names)
    {
        _connection = connection;
        _statement = statement;
        _indexes = new int[names.Length];
        for (var value = 0; value < names.Length; value++)
            _indexes[value] = raw.sqlite3_bind_parameter_index(statement, names[value].Name);
    }

    public void Bind(ReadOnlySpan<(string Name, object? Value)> values)
    {
        for (var value = 0; value < _indexes.Length; value++)
            if (_indexes[value] > 0)
                Check(Bind(_indexes[value], values[value].Value));
    }

    /// <summary>Steps to the next row; false: there is none, and the statement is done.</summary>
    /// <exception cref="SqliteException">The statement failed.</exception>
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

    /// <summary>A text, which may contain the character 0.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    /// <summary>A text or blob as it is stored, without conversion to UTF-16.</summary>
    public ReadOnlyMemory<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    /// <summary>Copies a blob to a buffer that must be large enough, and returns its length.</summary>
    public int CopyBytes(int column, Span<byte> target)
    {
        var bytes = raw.sqlite3_column_blob(_statement, column);
        bytes.CopyTo(target);
        return bytes.Length;
    }

    /// <summary>Verifies the checksum of a text or blob.</summary>
    /// <param name="column">The column of the text.</param>
    /// <param name="checksum">The column of its checksum; NULL there: it has none.</param>
    /// <param name="what">Which text of a prompt it is, for the message.</param>
    /// <exception cref="StoreException">The text is not what was stored.</exception>
    public void RefuseDamaged(int column, int checksum, string what)
    {
        if (!IsNull(checksum) && Checksum.Of(raw.sqlite3_column_blob(_statement, column)) != Int64(checksum))
            throw Checksum.Mismatch(what);
    }

    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    public int? Int32OrNull(int column) => IsNull(column) ? null : Int32(column);

    public double? RealOrNull(int column) => IsNull(column) ? null : Real(column);

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    // A bare null would be converted from a null array to an empty memory.
    public ReadOnlyMemory<byte>? BytesOrNull(int column) => IsNull(column) ? default(ReadOnlyMemory<byte>?) : Bytes(column);

    /// <summary>Resets the statement, so that it can be run again, and releases the values that were bound.</summary>
    public void Dispose()
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
    }

    /// <summary>Releases the statement.</summary>
    public void Close() => _statement.Dispose();

    private int Bind(int index, object? value) => value switch
    {
        null => raw.SQLITE_OK,
        string text => BindText(index, text),
        long number => raw.sqlite3_bind_int64(_statement, index, number),
        int number => raw.sqlite3_bind_int64(_statement, index, number),
        double number => raw.sqlite3_bind_double(_statement, index, number),
        ReadOnlyMemory<byte> { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, index, 0), // An empty span would be NULL.
        ReadOnlyMemory<byte> bytes => raw.sqlite3_bind_blob(_statement, index, bytes.Span),
        _ => throw new ArgumentException($"{value.GetType()} cannot be stored.", nameof(value)),
    };

    /// <summary>Binds a text with its length. Without that, SQLite would cut it at a character 0.</summary>
    private int BindText(int index, string text)
    {
        if (text.Length == 0)
            return raw.sqlite3_bind_text(_statement, index, ""); // An empty span would be NULL.
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (longest > ShortText)
            return raw.sqlite3_bind_text(_statement, index, Encoding.UTF8.GetBytes(text));
        Span<byte> utf8 = stackalloc byte[longest];
        return raw.sqlite3_bind_text(_statement, index, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    private void Check(int answer)
    {
        if (answer is not (raw.SQLITE_OK or raw.SQLITE_DONE))
            SqliteException.ThrowExceptionForRC(answer, _connection);
    }
}
