using System.Collections.Concurrent;
using System.Text;
using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Creates statements, and reads their rows.</summary>
internal static class PostgresStatements
{
    /// <summary>The schema with all tables and functions of this program.</summary>
    public const string ProxySchema = "ollama_proxy";

    private static readonly ConcurrentDictionary<(string Function, int Values), string> Calls = [];

    /// <summary>Creates a statement with positional parameters: <c>$1</c> and so on.</summary>
    public static NpgsqlBatchCommand Statement(string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value);
        return command;
    }

    /// <summary>Creates a call of a function that the migrations define.</summary>
    public static NpgsqlBatchCommand Call(string function, params ReadOnlySpan<NpgsqlParameter> values) =>
        Statement(Calls.GetOrAdd((function, values.Length), CallOf), values);

    public static string? TextOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Utf8(column);

    /// <summary>Reads a text that is stored as bytes in UTF-8.</summary>
    public static string Utf8(this NpgsqlDataReader row, int column) => Encoding.UTF8.GetString(row.Bytes(column));

    public static byte[] Bytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? BytesOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Bytes(column);

    public static long? Int64OrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static int? Int32OrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    public static double? RealOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);

    public static Guid? UuidOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);

    public static DateTimeOffset Time(this NpgsqlDataReader row, int column) => new(row.GetDateTime(column), TimeSpan.Zero);

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    /// <summary>Reads all rows of the current result set.</summary>
    public static async Task<List<T>> ListAsync<T>(this NpgsqlDataReader rows, Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken)
    {
        var list = new List<T>();
        while (await rows.ReadAsync(cancellationToken))
            list.Add(read(rows));
        return list;
    }

    private static string CallOf((string Function, int Values) call) =>
        $"SELECT * FROM {ProxySchema}.{call.Function}({string.Join(", ", Enumerable.Range(1, call.Values).Select(value => $"${value}"))})";
}
