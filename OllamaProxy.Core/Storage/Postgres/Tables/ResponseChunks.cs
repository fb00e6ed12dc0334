using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>
/// The table <c>response_chunks</c>: the answers so far to calls whose clients wait at other instances. A trigger empties it when the
/// attempts end.
/// </summary>
internal static class ResponseChunks
{
    private const string Beyond =
        $"""
        SELECT status, headers, response_end, bytes FROM {ProxySchema}.response_chunks
        WHERE seq = $1 AND response_end > $2
            AND EXISTS (SELECT 1 FROM {ProxySchema}.prompts WHERE prompts.seq = response_chunks.seq AND started_at = $3)
        ORDER BY response_end LIMIT 256
        """;

    public static NpgsqlBatchCommand Append(Lease lease, ResponseChunk chunk, DateTimeOffset expiresAt) => Call("append_response",
        Of(lease.Seq), Of(lease.Token), Of(expiresAt.ToUnixTimeMilliseconds()), Of(chunk.End), Of(chunk.Status),
        Utf8(chunk.Headers.ToJson()), Of(chunk.Bytes));

    /// <summary>Reads what the prompt's running attempt has received beyond an offset, up to about the length of a stored part.</summary>
    public static Task<ResponseChunk?> ReadAsync(
        PostgresReaders readers, Prompt prompt, int after, CancellationToken cancellationToken) => readers.ReadAsync(async rows =>
    {
        var joined = new JoinedResponse(after);
        while (joined.HasRoom && await rows.ReadAsync(cancellationToken))
            joined.Append(rows.GetInt32(0), rows.Utf8(1), rows.GetInt32(2), rows.Bytes(3));
        return joined.ToChunk();
    }, cancellationToken, Statement(Beyond, Of(prompt.Seq), Of(after), Of(prompt.StartedAt)));
}
