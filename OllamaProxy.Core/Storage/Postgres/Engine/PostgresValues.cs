using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>Values of statements, each with its type, so that none is guessed; null becomes NULL.</summary>
internal static class PostgresValues
{
    public static NpgsqlParameter Of(long? value) => Of(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameter Of(int? value) => Of(NpgsqlDbType.Integer, value);

    public static NpgsqlParameter Of(double? value) => Of(NpgsqlDbType.Double, value);

    public static NpgsqlParameter Of(bool value) => Of(NpgsqlDbType.Boolean, value);

    public static NpgsqlParameter Of(Guid? value) => Of(NpgsqlDbType.Uuid, value);

    public static NpgsqlParameter Of(DateTimeOffset? value) => Of(NpgsqlDbType.TimestampTz, value?.ToUniversalTime());

    public static NpgsqlParameter Of(ReadOnlyMemory<byte>? value) => Of(NpgsqlDbType.Bytea, value);

    // Not of the same name: a null array would become an empty memory on its way, and not NULL.
    public static NpgsqlParameter Bytes(byte[]? value) => Of(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Of(long[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Of(int[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    public static NpgsqlParameter Of(Guid[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    public static NpgsqlParameter Of(byte[]?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values);

    public static NpgsqlParameter Of(long?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Of(int?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Integer, values);

    public static NpgsqlParameter Of(double?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Double, values);

    /// <summary>A word of this program's own, such as a status.</summary>
    public static NpgsqlParameter Word(string value) => Of(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Words(string[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Text, values);

    /// <summary>Anybody's text, as it is stored: in UTF-8.</summary>
    public static NpgsqlParameter Utf8(string? text) => Of(NpgsqlDbType.Bytea, BytesOf(text));

    /// <summary>A text in UTF-8; null: none.</summary>
    public static byte[]? BytesOf(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static NpgsqlParameter Of(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
