using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Creates the parameters of statements, with their types, so that none is inferred; null becomes NULL.</summary>
internal static class PostgresValues
{
    public static NpgsqlParameter Of(long? value) => Of(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameter Of(int? value) => Of(NpgsqlDbType.Integer, value);

    public static NpgsqlParameter Of(double? value) => Of(NpgsqlDbType.Double, value);

    public static NpgsqlParameter Of(bool value) => Of(NpgsqlDbType.Boolean, value);

    public static NpgsqlParameter Of(Guid? value) => Of(NpgsqlDbType.Uuid, value);

    public static NpgsqlParameter Of(DateTimeOffset? value) => Of(NpgsqlDbType.TimestampTz, value?.ToUniversalTime());

    public static NpgsqlParameter Of(ReadOnlyMemory<byte>? value) => Of(NpgsqlDbType.Bytea, value);

    // Not an overload of Of: there a null array would be converted to empty memory, not to NULL.
    public static NpgsqlParameter Bytes(byte[]? value) => Of(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Of(long[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Of(int[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    public static NpgsqlParameter Of(Guid[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    public static NpgsqlParameter Of(byte[]?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values);

    public static NpgsqlParameter Of(long?[]? values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Of(int?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    public static NpgsqlParameter Of(double?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Double, values);

    /// <summary>A fixed word, such as a status, as <c>text</c>.</summary>
    public static NpgsqlParameter Word(string value) => Of(NpgsqlDbType.Text, value);

    /// <summary>As <see cref="Word"/>; null becomes NULL.</summary>
    public static NpgsqlParameter WordOrNull(string? value) => Of(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Words(string[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Text, values);

    /// <summary>A text of a client or of Ollama, as bytes in UTF-8: <c>text</c> cannot hold the character 0.</summary>
    public static NpgsqlParameter Utf8(string? text) => Of(NpgsqlDbType.Bytea, BytesOf(text));

    /// <summary>The bytes of a text in UTF-8; null: there is no text.</summary>
    public static byte[]? BytesOf(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static NpgsqlParameter Of(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
