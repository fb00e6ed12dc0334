using Npgsql;
using OllamaProxy.Files;
using OllamaProxy.Storage.Files;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The table <c>files</c>.</summary>
internal static class FileRow
{
    private const int TooLate = 4;
    private const int OverQuota = 5;

    public const string Columns = "seq, id, owner, purpose, name, bytes, created_at, expires_at";

    /// <summary>What a file will be once it is added, but for its number.</summary>
    public static StoredFile Draft(Guid id, NewFile file, StagedFile content, DateTimeOffset now) => new()
    {
        Id = id,
        Seq = 0,
        Owner = file.Owner,
        Purpose = file.Purpose,
        Name = file.Name,
        Bytes = content.Length,
        CreatedAt = StoredTime.ToMilliseconds(now)!.Value,
        ExpiresAt = StoredTime.ToMilliseconds(now + file.ExpiresAfter),
    };

    public static NpgsqlBatchCommand Add(StoredFile file, StagedFile content, long maxBytes) => Call("add_file",
        Of(file.Id), Utf8(file.Owner), Word(file.Purpose), Utf8(file.Name), Of((long?)file.Bytes), Of(content.Sha256),
        Of(file.CreatedAt.ToUnixTimeMilliseconds()), Of(file.ExpiresAt?.ToUnixTimeMilliseconds()), Of(content.Text), Of(maxBytes));

    /// <summary>Reads what became of a file that was to be added.</summary>
    /// <exception cref="FileQuotaException">Its owner would have more bytes than they may.</exception>
    /// <exception cref="StoreException">What was staged for it has been removed.</exception>
    public static StoredFile ReadAdded(NpgsqlDataReader row, StoredFile file, long maxBytes) => row.GetInt32(0) switch
    {
        OverQuota => throw new FileQuotaException(file.Bytes, row.GetInt64(2), maxBytes),
        TooLate => throw StoreMessages.TooLate(),
        _ => file with { Seq = row.GetInt64(1) },
    };

    public static NpgsqlBatchCommand Find(Guid id) =>
        Statement($"SELECT {Columns} FROM {ProxySchema}.files WHERE id = $1 AND batch IS NULL", Of(id));

    public static NpgsqlBatchCommand List(FileQuery query)
    {
        var (comparison, order) = query.IsAscending ? (">", "ASC") : ("<", "DESC");
        var owned = query.Owner is null ? "$1::bytea IS NULL" : "owner = $1";
        return Statement(
            $"""
            SELECT {Columns} FROM {ProxySchema}.files
            WHERE {owned} AND seq {comparison} $2 AND batch IS NULL AND ($3::text IS NULL OR purpose = $3)
            ORDER BY seq {order} LIMIT $4
            """,
            Utf8(query.Owner), Of(query.After ?? (query.IsAscending ? 0 : long.MaxValue)), WordOrNull(query.Purpose), Of(query.Limit + 1));
    }

    /// <summary>The texts of a file, in their order.</summary>
    public static NpgsqlBatchCommand Texts(StoredFile file) =>
        Statement($"SELECT id, length FROM {ProxySchema}.texts WHERE file = $1 ORDER BY id", Of(file.Seq));

    public static StoredFile Read(NpgsqlDataReader row) => new()
    {
        Seq = row.GetInt64(0),
        Id = row.GetGuid(1),
        Owner = row.TextOrNull(2),
        Purpose = row.GetString(3),
        Name = row.Utf8(4),
        Bytes = row.GetInt64(5),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
        ExpiresAt = row.Int64OrNull(7) is { } expiresAt ? DateTimeOffset.FromUnixTimeMilliseconds(expiresAt) : null,
    };
}
