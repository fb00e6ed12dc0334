using System.Text.Json;
using OllamaProxy.Callbacks;
using OllamaProxy.Storage.Deliveries;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables.Deliveries;

/// <summary>The table <c>deliveries</c>, to which triggers add. The methods that write run within a transaction of the writer.</summary>
internal static class DeliveryTable
{
    private const string Columns = "event, type, subject, url, created_at, attempts, due_at, delivered_at, error";

    private const string IsDue =
        "due_at <= $now AND NOT EXISTS (SELECT 1 FROM json_each($busy) WHERE substr(url, 1, length(value)) = value)";

    public static bool AnyDue(SqliteSession session, IReadOnlyCollection<string> busy, DateTimeOffset now) => session.Number(
        $"SELECT EXISTS (SELECT 1 FROM deliveries WHERE {IsDue})", ("$now", now.ToUnixTimeMilliseconds()), ("$busy", Json(busy))) != 0;

    public static Delivery? Take(SqliteSession session, IReadOnlyCollection<string> busy, DateTimeOffset now, TimeSpan length)
    {
        using var row = session.Query(
            $"""
            UPDATE deliveries SET attempts = attempts + 1, due_at = $until
            WHERE event = (SELECT event FROM deliveries WHERE {IsDue} ORDER BY due_at LIMIT 1) RETURNING {Columns}
            """,
            ("$now", now.ToUnixTimeMilliseconds()), ("$busy", Json(busy)), ("$until", (now + length).ToUnixTimeMilliseconds()));
        return row.Read() ? Read(row) : null;
    }

    public static bool Settle(SqliteSession session, Delivery delivery, DeliveryOutcome outcome, DateTimeOffset now)
    {
        var ending = DeliveryEnding.Of(outcome, now);
        return session.Execute(
            """
            UPDATE deliveries SET attempts = attempts - $uncounted, due_at = $due_at, delivered_at = $delivered_at,
                error = coalesce($error, error)
            WHERE event = $event AND attempts = $attempts AND due_at IS NOT NULL
            """,
            ("$event", delivery.Event), ("$attempts", delivery.Attempts), ("$uncounted", ending.Counts ? 0 : 1),
            ("$due_at", ending.DueAt), ("$delivered_at", ending.DeliveredAt), ("$error", ending.Error)) > 0;
    }

    public static IReadOnlyList<Delivery> ListOfPrompt(SqliteSession session, long seq) => List(session, "seq", seq);

    public static IReadOnlyList<Delivery> ListOfBatch(SqliteSession session, long seq) => List(session, "batch", seq);

    private static List<Delivery> List(SqliteSession session, string column, long number)
    {
        using var row = session.Query(
            $"SELECT {Columns} FROM deliveries WHERE {column} = $number ORDER BY created_at, event", ("$number", number));
        var deliveries = new List<Delivery>();
        while (row.Read())
            deliveries.Add(Read(row));
        return deliveries;
    }

    private static Delivery Read(SqliteStatement row) => new()
    {
        Event = row.Text(0),
        Type = row.Text(1),
        Subject = Guid.Parse(row.Text(2)),
        Url = row.Text(3),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(4)),
        Attempts = row.Int32(5),
        NextAttemptAt = TimeOrNull(row, 6),
        DeliveredAt = TimeOrNull(row, 7),
        LastError = row.TextOrNull(8),
    };

    private static DateTimeOffset? TimeOrNull(SqliteStatement row, int column) =>
        row.Int64OrNull(column) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;

    private static string Json(IReadOnlyCollection<string> texts) =>
        $"[{string.Join(',', texts.Select(text => $"\"{JsonEncodedText.Encode(text)}\""))}]";
}
