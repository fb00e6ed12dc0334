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
        ("$seq", seq), ("$endpoint", call.Endpoint), ("$query", call.Query), ("$headers", call.Headers.ToJson()), ("$body", LongTexts.IsLong(call.Body) ? default(ReadOnlyMemory<byte>) : call.Body));

    public static PromptCall? Find(SqliteSession session, long seq)
    {
        using var row = session.Query("SELECT endpoint, query, headers, body FROM calls WHERE seq = $seq", ("$seq", seq));
        return row.Read() ? new(row.Text(0), row.Text(1), HeaderList.Parse(row.Text(2)), row.Bytes(3)) : null;
    }

    public static void Answer(SqliteSession session, long seq, CallResponse response) => session.Execute(
        "INSERT OR REPLACE INTO responses (seq, status, headers, body) VALUES ($seq, $status, $headers, $body)",
        ("$seq", seq), ("$status", response.Status), ("$headers", response.Headers.ToJson()), ("$body", LongTexts.IsLong(response.Body) ? default(ReadOnlyMemory<byte>) : response.Body));

}
