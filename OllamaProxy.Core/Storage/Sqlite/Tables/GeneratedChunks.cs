using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>chunks</c>: what running attempts have generated so far. Triggers empty it when they end.</summary>
internal static class GeneratedChunks
{
    /// <summary>The generated text as an SQL expression, for an UPDATE that ends a prompt without its worker.</summary>
    public const string Joined =
        """
        (SELECT group_concat(text, '' ORDER BY text_end, thinking_end) FROM chunks WHERE chunks.seq = prompts.seq)
        """;

    /// <summary>Like <see cref="Joined"/>, for the thinking; NULL if there is none.</summary>
    public const string JoinedThinking =
        """
        (SELECT nullif(group_concat(thinking, '' ORDER BY text_end, thinking_end), '') FROM chunks WHERE chunks.seq = prompts.seq)
        """;

    /// <summary>Stores a chunk and renews its lease, if the lease is held. Runs within a transaction of the writer.</summary>
    public static LeaseState Append(SqliteSession session, Lease lease, TextChunk chunk, DateTimeOffset expiresAt)
    {
        var state = SqliteLeases.Renew(session, lease, expiresAt);
        if (state == LeaseState.Held)
            session.Execute(
                """
                INSERT INTO chunks (seq, text_end, thinking_end, text, thinking)
                VALUES ($seq, $text_end, $thinking_end, $text, $thinking)
                """,
                ("$seq", lease.Seq), ("$text_end", chunk.End.Text), ("$thinking_end", chunk.End.Thinking),
                ("$text", chunk.Text), ("$thinking", chunk.Thinking));
        return state;
    }

    /// <summary>
    /// Reads what the prompt's running attempt has generated beyond an offset, up to about <see cref="LongTextFormat.PartLength"/>
    /// characters.
    /// </summary>
    public static TextChunk Read(SqliteSession session, Prompt prompt, TextOffset after)
    {
        using var row = session.Query(
            """
            SELECT text_end, thinking_end, text, thinking FROM chunks
            WHERE seq = $seq AND (text_end > $text OR thinking_end > $thinking)
                AND EXISTS (SELECT 1 FROM prompts WHERE prompts.seq = chunks.seq AND started_at = $started_at)
            ORDER BY text_end, thinking_end
            """,
            ("$seq", prompt.Seq), ("$text", after.Text), ("$thinking", after.Thinking),
            ("$started_at", prompt.StartedAt is { } startedAt ? SqliteTime.Write(startedAt) : null));
        TextOffset? start = null;
        var (text, thinking) = (new StringBuilder(), new StringBuilder());
        while (text.Length + thinking.Length < LongTextFormat.PartLength && row.Read())
        {
            var (part, thought) = (row.Text(2), row.Text(3));
            start ??= new(row.Int32(0) - part.Length, row.Int32(1) - thought.Length);
            text.Append(part);
            thinking.Append(thought);
        }
        return start is { } offset ? new TextChunk(offset, text.ToString(), thinking.ToString()).After(after) : new(after, "", "");
    }
}
