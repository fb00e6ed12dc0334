using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The tables <c>calls</c> and <c>responses</c>. The methods that write run within a transaction of the writer.</summary>
internal static class PromptCalls
{
    public static void Insert(SqliteSession session, long seq, ApiCall call)
    {
        var body = LongTextFormat.ColumnOf(call.Body);
        session.Execute(
            """
            INSERT INTO calls (seq, endpoint, query, headers, body, checksum)
            VALUES ($seq, $endpoint, $query, $headers, $body, $checksum)
            """,
            ("$seq", seq), ("$endpoint", call.Endpoint), ("$query", call.Query), ("$headers", call.Headers.ToJson()),
            ("$body", body), ("$checksum", Checksum.Of(body.Span)));
    }

    public static ApiCall? Find(SqliteSession session, long seq)
    {
        using var row = session.Query("SELECT endpoint, query, headers, body, checksum FROM calls WHERE seq = $seq", ("$seq", seq));
        var isThere = row.Read();
        if (isThere)
            row.RefuseDamaged(3, 4, "call");
        return isThere ? new(row.Text(0), row.Text(1), HeaderList.Parse(row.Text(2)), row.Bytes(3)) : null;
    }

    public static void Answer(SqliteSession session, long seq, ApiResponse response)
    {
        var body = LongTextFormat.ColumnOf(response.Body);
        session.Execute(
            "INSERT OR REPLACE INTO responses (seq, status, headers, body, checksum) VALUES ($seq, $status, $headers, $body, $checksum)",
            ("$seq", seq), ("$status", response.Status), ("$headers", response.Headers.ToJson()),
            ("$body", body), ("$checksum", Checksum.Of(body.Span)));
    }

}
