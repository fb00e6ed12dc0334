using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>
/// What clients sent, and the tables <c>calls</c> and <c>responses</c>. The methods that write are part of one transaction of the
/// writer.
/// </summary>
internal static class PromptCalls
{
    public static void Insert(SqliteSession session, long seq, PromptCall call) => session.Execute(
        "INSERT INTO calls (seq, endpoint, query, headers, body) VALUES ($seq, $endpoint, $query, $headers, $body)",
        ("$seq", seq), ("$endpoint", call.Endpoint), ("$query", call.Query), ("$headers", call.Headers.ToJson()), ("$body", call.Body));

    public static PromptCall? Find(SqliteSession session, long seq)
    {
        using var row = session.Query("SELECT endpoint, query, headers, body FROM calls WHERE seq = $seq", ("$seq", seq));
        return row.Read() ? new(row.Text(0), row.Text(1), HeaderList.Parse(row.Text(2)), row.Bytes(3)) : null;
    }

    public static PromptContent? FindContent(SqliteSession session, Guid id)
    {
        var content = default(PromptContent);
        session.InSnapshot(() =>
        {
            using var row = session.Query(
                "SELECT seq, timeout, metadata, prompt, request FROM prompts WHERE id = $id", ("$id", id.ToString()));
            if (row.Read())
                content = new(row.Text(3), row.BytesOrNull(2))
                {
                    Request = row.Bytes(4),
                    Call = Find(session, row.Int64(0)),
                    Timeout = row.RealOrNull(1) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                };
        });
        return content;
    }

    public static void Answer(SqliteSession session, long seq, CallResponse response) => session.Execute(
        "INSERT OR REPLACE INTO responses (seq, status, headers, body) VALUES ($seq, $status, $headers, $body)",
        ("$seq", seq), ("$status", response.Status), ("$headers", response.Headers.ToJson()), ("$body", response.Body));

    public static CallResponse? FindResponse(SqliteSession session, Guid id)
    {
        using var row = session.Query(
            "SELECT responses.status, headers, body FROM prompts JOIN responses USING (seq) WHERE id = $id", ("$id", id.ToString()));
        return row.Read() ? new(row.Int32(0), HeaderList.Parse(row.Text(1)), row.Bytes(2)) : null;
    }
}
