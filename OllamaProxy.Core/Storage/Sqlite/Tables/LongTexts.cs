using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The tables <c>texts</c> and <c>parts</c>: see <see cref="LongTextFormat"/>. To read a part of a column SQLite walks there from its
/// start; to write all of it keeps every other write waiting. A part is found by an index.
/// The methods that write are part of one transaction of the writer.
/// </summary>
internal static class LongTexts
{
    /// <summary>Begins a text that is nobody's, and removed unless it has been adopted by then.</summary>
    private static long Begin(SqliteSession session, DateTimeOffset expiresAt)
    {
        session.Execute(
            "INSERT INTO texts (length, expires_at) VALUES (0, $expires_at)", ("$expires_at", expiresAt.ToUnixTimeMilliseconds()));
        return session.LastInsertedRow;
    }

    /// <summary>Appends to a text, lets it stay until a new time, and returns its number.</summary>
    /// <param name="session">The writer's.</param>
    /// <param name="text">The text; null: a new one.</param>
    /// <param name="number">The number of the first part that this becomes, from 0.</param>
    /// <param name="bytes">What to append.</param>
    /// <param name="expiresAt">Until when it may be adopted.</param>
    public static long Append(SqliteSession session, long? text, int number, ReadOnlyMemory<byte> bytes, DateTimeOffset expiresAt)
    {
        var id = text ?? Begin(session, expiresAt);
        var known = session.Execute("UPDATE texts SET length = length + $length, expires_at = $expires_at WHERE id = $text AND seq IS NULL",
            ("$length", bytes.Length), ("$expires_at", expiresAt.ToUnixTimeMilliseconds()), ("$text", id));
        if (known == 0)
            throw StoreMessages.TooLate();
        for (var rest = bytes; rest.Length > 0; number++)
        {
            var part = rest[..Math.Min(rest.Length, LongTextFormat.PartLength)];
            session.Execute("INSERT INTO parts (text, number, bytes, checksum) VALUES ($text, $number, $bytes, $checksum)",
                ("$text", id), ("$number", number), ("$bytes", part), ("$checksum", Checksum.Of(part.Span)));
            rest = rest[part.Length..];
        }
        return id;
    }

    /// <summary>Makes staged texts those of a prompt, in place of its earlier ones of the same kinds.</summary>
    public static void Adopt(SqliteSession session, long seq, IReadOnlyList<StagedText> staged)
    {
        foreach (var text in staged)
        {
            session.Execute(
                "UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = $seq AND kind = $kind",
                ("$seq", seq), ("$kind", text.Kind));
            if (session.Execute("UPDATE texts SET seq = $seq, kind = $kind, expires_at = NULL WHERE id = $id AND seq IS NULL",
                ("$seq", seq), ("$kind", text.Kind), ("$id", text.Id)) == 0)
                throw StoreMessages.TooLate();
        }
    }

    /// <summary>Makes a staged text the next one of a file.</summary>
    public static void AdoptForFile(SqliteSession session, long file, long text)
    {
        if (session.Execute("UPDATE texts SET file = $file, expires_at = NULL WHERE id = $id AND seq IS NULL AND file IS NULL",
            ("$file", file), ("$id", text)) == 0)
            throw StoreMessages.TooLate();
    }

    /// <summary>Lists the texts of a file, in their order.</summary>
    public static List<(long Id, long Length)> ListOfFile(SqliteSession session, long file)
    {
        using var row = session.Query("SELECT id, length FROM texts WHERE file = $file ORDER BY id", ("$file", file));
        var texts = new List<(long, long)>();
        while (row.Read())
            texts.Add((row.Int64(0), row.Int64(1)));
        return texts;
    }

    /// <summary>Lists the long texts of a prompt.</summary>
    public static List<(string Kind, long Id, long Length)> List(SqliteSession session, long seq)
    {
        using var row = session.Query("SELECT kind, id, length FROM texts WHERE seq = $seq", ("$seq", seq));
        var texts = new List<(string, long, long)>();
        while (row.Read())
            texts.Add((row.Text(0), row.Int64(1), row.Int64(2)));
        return texts;
    }

    /// <summary>Reads a part, and returns its length.</summary>
    /// <exception cref="StoreException">The text does not belong to a prompt any more, or is damaged.</exception>
    public static int ReadPart(SqliteSession session, long text, int number, Span<byte> piece)
    {
        using var row = session.Query(
            """
            SELECT bytes, checksum FROM parts
            WHERE text = $text AND number = $number AND (SELECT coalesce(seq, file) FROM texts WHERE id = $text) IS NOT NULL
            """,
            ("$text", text), ("$number", number));
        if (!row.Read())
            throw StoreMessages.ChangedWhileRead();
        row.RefuseDamaged(0, 1, "text");
        return row.CopyBytes(0, piece);
    }

    /// <summary>Removes some of a text that belongs to no prompt, and returns whether there may be more.</summary>
    public static bool RemoveSome(SqliteSession session, DateTimeOffset now)
    {
        var expired = session.NumberOrNull("SELECT id FROM texts WHERE expires_at <= $now LIMIT 1", ("$now", now.ToUnixTimeMilliseconds()));
        if (expired is not { } text)
            return false;
        var removed = session.Execute("DELETE FROM parts WHERE id IN (SELECT id FROM parts WHERE text = $text LIMIT $limit)",
            ("$text", text), ("$limit", LongTextFormat.RemovedAtOnce));
        if (removed < LongTextFormat.RemovedAtOnce)
            session.Execute("DELETE FROM texts WHERE id = $text", ("$text", text));
        return true;
    }
}
