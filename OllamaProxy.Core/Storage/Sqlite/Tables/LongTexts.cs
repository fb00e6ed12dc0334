using System.Diagnostics.CodeAnalysis;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The tables <c>texts</c> and <c>parts</c>, for texts and bodies that are too long for a column. To read a part of a column, SQLite walks
/// through the value from its start, and to write a whole one blocks all other writes. Here parts are found by an index, and written in
/// many small transactions: a text is staged first, and adopted in the transaction that makes it a prompt's. Texts that belong to no prompt
/// any more are removed later. The methods that write run within a transaction of the writer.
/// </summary>
internal static class LongTexts
{
    /// <summary>The length of the longest part, in bytes.</summary>
    public const int PartLength = 64 * 1024;

    public const string Prompt = "prompt";
    public const string Request = "request";
    public const string Call = "call";
    public const string Response = "response";
    public const string Result = "result";
    public const string Thinking = "thinking";

    /// <summary>How many characters of a long text its column holds as well, for lists and searches.</summary>
    private const int BeginningLength = 64 * 1024;

    /// <summary>How many parts are removed at once, so that other writes do not wait for long.</summary>
    private const int RemovedAtOnce = 64;

    public static bool IsLong([NotNullWhen(true)] string? text) => text?.Length > LongText.MaxShort;

    public static bool IsLong(ReadOnlyMemory<byte> body) => body.Length > LongText.MaxShort;

    /// <summary>The part of a text that its column holds.</summary>
    public static string? ColumnOf(string? text) =>
        IsLong(text) ? text[..(char.IsHighSurrogate(text[BeginningLength - 1]) ? BeginningLength - 1 : BeginningLength)] : text;

    /// <summary>Begins a text, which is removed unless it has been adopted by a given time.</summary>
    public static long Begin(SqliteSession session, DateTimeOffset expiresAt)
    {
        session.Execute(
            "INSERT INTO texts (length, expires_at) VALUES (0, $expires_at)", ("$expires_at", expiresAt.ToUnixTimeMilliseconds()));
        return session.LastInsertedRow;
    }

    /// <summary>Appends to a text, and extends its time.</summary>
    /// <param name="session">The session of the writer.</param>
    /// <param name="text">The text.</param>
    /// <param name="number">The number of the first part that is added, from 0.</param>
    /// <param name="bytes">The bytes to append.</param>
    /// <param name="expiresAt">The time until which the text may be adopted.</param>
    public static void Append(SqliteSession session, long text, int number, ReadOnlyMemory<byte> bytes, DateTimeOffset expiresAt)
    {
        var known = session.Execute("UPDATE texts SET length = length + $length, expires_at = $expires_at WHERE id = $text AND seq IS NULL",
            ("$length", bytes.Length), ("$expires_at", expiresAt.ToUnixTimeMilliseconds()), ("$text", text));
        if (known == 0)
            throw TooLate();
        for (var rest = bytes; rest.Length > 0; number++)
        {
            var part = rest[..Math.Min(rest.Length, PartLength)];
            session.Execute("INSERT INTO parts (text, number, bytes, checksum) VALUES ($text, $number, $bytes, $checksum)",
                ("$text", text), ("$number", number), ("$bytes", part), ("$checksum", Checksum.Of(part.Span)));
            rest = rest[part.Length..];
        }
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
                throw TooLate();
        }
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
            WHERE text = $text AND number = $number AND (SELECT seq FROM texts WHERE id = $text) IS NOT NULL
            """,
            ("$text", text), ("$number", number));
        if (!row.Read())
            throw new StoreException("The prompt was changed or deleted while its text was being read.");
        row.RefuseDamaged(0, 1, "text");
        return row.CopyBytes(0, piece);
    }

    /// <summary>Removes some of a text that belongs to no prompt, and returns whether there may be more.</summary>
    public static bool RemoveSome(SqliteSession session, DateTimeOffset now)
    {
        var expired = session.NumberOrNull("SELECT id FROM texts WHERE expires_at <= $now LIMIT 1", ("$now", now.ToUnixTimeMilliseconds()));
        if (expired is not { } text)
            return false;
        var removed = session.Execute(
            "DELETE FROM parts WHERE id IN (SELECT id FROM parts WHERE text = $text LIMIT $limit)",
            ("$text", text), ("$limit", RemovedAtOnce));
        if (removed < RemovedAtOnce)
            session.Execute("DELETE FROM texts WHERE id = $text", ("$text", text));
        return true;
    }

    private static StoreException TooLate() => new("A long text was not stored in time, and has to be sent again.");
}
