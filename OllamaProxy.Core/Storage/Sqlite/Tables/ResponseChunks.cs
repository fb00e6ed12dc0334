using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The table <c>response_chunks</c>: the answers so far to calls whose clients wait at other processes. Triggers empty it when the attempts
/// end.
/// </summary>
internal static class ResponseChunks
{
    /// <summary>Stores a chunk and renews its lease, if the lease is held. Runs within a transaction of the writer.</summary>
    public static LeaseState Append(SqliteSession session, Lease lease, ResponseChunk chunk, DateTimeOffset expiresAt)
    {
        var state = SqliteLeases.Renew(session, lease, expiresAt);
        if (state == LeaseState.Held)
            session.Execute(
                """
                INSERT INTO response_chunks (seq, response_end, status, headers, bytes)
                VALUES ($seq, $response_end, $status, $headers, $bytes)
                """,
                ("$seq", lease.Seq), ("$response_end", chunk.End), ("$status", chunk.Status), ("$headers", chunk.Headers.ToJson()),
                ("$bytes", chunk.Bytes));
        return state;
    }

    /// <summary>
    /// Reads what the prompt's running attempt has received beyond an offset, up to about <see cref="LongTextFormat.PartLength"/> bytes.
    /// </summary>
    public static ResponseChunk? Read(SqliteSession session, Prompt prompt, int after)
    {
        using var row = session.Query(
            """
            SELECT status, headers, response_end, bytes FROM response_chunks
            WHERE seq = $seq AND response_end > $after
                AND EXISTS (SELECT 1 FROM prompts WHERE prompts.seq = response_chunks.seq AND started_at = $started_at)
            ORDER BY response_end
            """,
            ("$seq", prompt.Seq), ("$after", after),
            ("$started_at", prompt.StartedAt is { } startedAt ? SqliteTime.Write(startedAt) : null));
        var joined = new JoinedResponse(after);
        while (joined.HasRoom && row.Read())
            joined.Append(row.Int32(0), row.Text(1), row.Int32(2), row.Bytes(3));
        return joined.ToChunk();
    }
}
