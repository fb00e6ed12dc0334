using System.Diagnostics.CodeAnalysis;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The tables <c>texts</c> and <c>parts</c>: texts and bodies that are too long for a column. To read a part of a column SQLite walks there
/// from its start; to write all of it keeps every other write waiting. A part is found by an index, and a text is written in many small
/// transactions: it is staged first, and becomes a prompt's in the transaction that needs it. What becomes nobody's is removed later.
/// The methods that write are part of one transaction of the writer.
/// </summary>
internal static class LongTexts
{
    /// <summary>The longest part, in bytes.</summary>
    public const int PartLength = 64 * 1024;

    public const string Prompt = "prompt";
    public const string Request = "request";
    public const string Call = "call";
    public const string Response = "response";
    public const string Result = "result";
    public const string Thinking = "thinking";

    /// <summary>How many characters of a long text stand in its column as well, for lists and searches.</summary>
    private const int BeginningLength = 64 * 1024;

    /// <summary>How many parts are removed at once, so that no other write waits for long.</summary>
    private const int RemovedAtOnce = 64;

    public static bool IsLong([NotNullWhen(true)] string? text) => text?.Length > LongText.MaxShort;

    public static bool IsLong(ReadOnlyMemory<byte> body) => body.Length > LongText.MaxShort;

    /// <summary>What of a text its column holds.</summary>
    public static string? ColumnOf(string? text) =>
        IsLong(text) ? text[..(char.IsHighSurrogate(text[BeginningLength - 1]) ? BeginningLength - 1 : BeginningLength)] : text;

    /// <summary>Begins a text that is nobody's, and removed unless it has been adopted by then.</summary>
    public static long Begin(SqliteSession session, DateTimeOffset expiresAt)
    {
        session.Execute("INSERT INTO texts (length, expires_at) VALUES (0, $expires_at)", ("$expires_at", expiresAt.ToUnixTimeMilliseconds()));
        return session.LastInsertedRow;
    }

    /// <summary>Appends to a text, and lets it stay until a new time.</summary>
    /// <param name="session">The writer's.</param>
    /// <param name="text">The text.</param>
    /// <param name="number">The number of the first part that this becomes, from 0.</param>
    /// <param name="bytes">What to append.</param>
    /// <param name="expiresAt">Until when it may be adopted.</param>
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

    /// <summary>Makes staged texts those of a prompt, in place of what it had of their kinds.</summary>
    public static void Adopt(SqliteSession session, long seq, IReadOnlyList<StagedText> staged)
    {
        foreach (var text in staged)
        {
            session.Execute("UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = $seq AND kind = $kind", ("$seq", seq), ("$kind", text.Kind));
            if (session.Execute("UPDATE texts SET seq = $seq, kind = $kind, expires_at = NULL WHERE id = $id AND seq IS NULL",
                ("$seq", seq), ("$kind", text.Kind), ("$id", text.Id)) == 0)
                throw TooLate();
        }
    }

    /// <summary>The long texts of a prompt: what each is, its number and its length.</summary>
    public static List<(string Kind, long Id, long Length)> List(SqliteSession session, long seq)
    {
        using var row = session.Query("SELECT kind, id, length FROM texts WHERE seq = $seq", ("$seq", seq));
        var texts = new List<(string, long, long)>();
        while (row.Read())
            texts.Add((row.Text(0), row.Int64(1), row.Int64(2)));
        return texts;
    }

    /// <summary>Reads a part, and returns its length.</summary>
    /// <exception cref="StoreException">It is not the prompt's any more, or damaged.</exception>
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

    /// <summary>Removes some of what is nobody's, and returns whether there may be more.</summary>
    public static bool RemoveSome(SqliteSession session, DateTimeOffset now)
    {
        if (session.NumberOrNull("SELECT id FROM texts WHERE expires_at <= $now LIMIT 1", ("$now", now.ToUnixTimeMilliseconds())) is not { } text)
            return false;
        var removed = session.Execute("DELETE FROM parts WHERE id IN (SELECT id FROM parts WHERE text = $text LIMIT $limit)", ("$text", text), ("$limit", RemovedAtOnce));
        if (removed < RemovedAtOnce)
            session.Execute("DELETE FROM texts WHERE id = $text", ("$text", text));
        return true;
    }

    private static StoreException TooLate() => new("A long text was not stored in time, and has to be sent again.");
}
