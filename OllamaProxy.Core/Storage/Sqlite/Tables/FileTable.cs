using OllamaProxy.Batches;
using OllamaProxy.Files;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>files</c>. The methods that write run within a transaction of the writer.</summary>
internal static class FileTable
{
    private const string Columns = "seq, id, owner, purpose, name, bytes, created_at, expires_at";

    /// <summary>Whether no batch needs a file.</summary>
    private const string IsUnused = "NOT EXISTS (SELECT 1 FROM batches WHERE input_file = files.id AND ended_at IS NULL)";

    public static StoredFile Add(
        SqliteSession session, Guid id, NewFile file, StagedFile content, long maxBytes, DateTimeOffset now)
    {
        if (maxBytes > 0
            && session.Number("SELECT sum(bytes) FROM files WHERE owner IS $owner", ("$owner", file.Owner)) is var used
            && used + content.Length > maxBytes)
            throw new FileQuotaException(content.Length, used, maxBytes);
        session.Execute(
            """
            INSERT INTO files (id, owner, purpose, name, bytes, sha256, created_at, expires_at)
            VALUES ($id, $owner, $purpose, $name, $bytes, $sha256, $created_at, $expires_at)
            """,
            ("$id", id.ToString()), ("$owner", file.Owner), ("$purpose", file.Purpose), ("$name", file.Name), ("$bytes", content.Length),
            ("$sha256", content.Sha256), ("$created_at", now.ToUnixTimeMilliseconds()),
            ("$expires_at", (now + file.ExpiresAfter)?.ToUnixTimeMilliseconds()));
        var seq = session.LastInsertedRow;
        if (content.Text is { } text)
            LongTexts.AdoptForFile(session, seq, text);
        return Find(session, id)!;
    }

    public static StoredFile? Find(SqliteSession session, Guid id)
    {
        using var row = session.Query($"SELECT {Columns} FROM files WHERE id = $id AND batch IS NULL", ("$id", id.ToString()));
        return row.Read() ? Read(row) : null;
    }

    /// <summary>Also one that a batch alone has.</summary>
    public static StoredFile? FindOfBatch(SqliteSession session, Guid id)
    {
        using var row = session.Query($"SELECT {Columns} FROM files WHERE id = $id", ("$id", id.ToString()));
        return row.Read() ? Read(row) : null;
    }

    public static FilePage List(SqliteSession session, FileQuery query)
    {
        var (comparison, order) = query.IsAscending ? (">", "ASC") : ("<", "DESC");
        var owned = query.Owner is null ? "" : "owner = $owner AND ";
        using var row = session.Query(
            $"""
            SELECT {Columns} FROM files
            WHERE {owned}seq {comparison} $after AND batch IS NULL AND ($purpose IS NULL OR purpose = $purpose)
            ORDER BY seq {order} LIMIT $limit
            """,
            ("$owner", query.Owner), ("$after", query.After ?? (query.IsAscending ? 0 : long.MaxValue)), ("$purpose", query.Purpose),
            ("$limit", query.Limit + 1));
        var files = new List<StoredFile>();
        while (row.Read())
            files.Add(Read(row));
        return new([.. files.Take(query.Limit)], files.Count > query.Limit);
    }

    public static FileDeletion Delete(SqliteSession session, Guid id)
    {
        if (Find(session, id) is null)
            return FileDeletion.Unknown;
        return session.Execute($"DELETE FROM files WHERE id = $id AND {IsUnused}", ("$id", id.ToString())) > 0
            ? FileDeletion.Deleted : FileDeletion.InUse;
    }

    /// <summary>Adds an empty file that a batch is going to write.</summary>
    public static void AddOfBatch(SqliteSession session, Guid id, Batch batch, string name, DateTimeOffset now) => session.Execute(
        """
        INSERT INTO files (id, owner, purpose, name, bytes, created_at, batch)
        VALUES ($id, $owner, $purpose, $name, 0, $now, $batch)
        """,
        ("$id", id.ToString()), ("$owner", batch.Owner), ("$purpose", BatchFiles.Purpose), ("$name", name),
        ("$now", now.ToUnixTimeMilliseconds()), ("$batch", batch.Id.ToString()));

    /// <summary>Makes a staged text the next one of a file that a batch writes.</summary>
    public static void AppendText(SqliteSession session, Guid id, long text)
    {
        LongTexts.AdoptForFile(session, session.Number("SELECT seq FROM files WHERE id = $id", ("$id", id.ToString())), text);
        session.Execute("UPDATE files SET bytes = bytes + (SELECT length FROM texts WHERE id = $text) WHERE id = $id",
            ("$text", text), ("$id", id.ToString()));
    }

    public static int RemoveExpired(SqliteSession session, int limit, DateTimeOffset now) => session.Execute(
        $"""
        DELETE FROM files
        WHERE seq IN (SELECT seq FROM files WHERE expires_at <= $now AND {IsUnused} ORDER BY expires_at LIMIT $limit)
        """,
        ("$now", now.ToUnixTimeMilliseconds()), ("$limit", limit));

    private static StoredFile Read(SqliteStatement row) => new()
    {
        Seq = row.Int64(0),
        Id = Guid.Parse(row.Text(1)),
        Owner = row.TextOrNull(2),
        Purpose = row.Text(3),
        Name = row.Text(4),
        Bytes = row.Int64(5),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(6)),
        ExpiresAt = row.Int64OrNull(7) is { } expiresAt ? DateTimeOffset.FromUnixTimeMilliseconds(expiresAt) : null,
    };
}
