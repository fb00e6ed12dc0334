using Npgsql;
using OllamaProxy.Callbacks;
using OllamaProxy.Storage.Deliveries;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The table <c>deliveries</c>, to which triggers add.</summary>
internal static class DeliveryRow
{
    private const string Columns = "event, type, subject, url, created_at, attempts, due_at, delivered_at, error";

    private const string IsDue = "due_at <= $1 AND NOT EXISTS (SELECT 1 FROM unnest($2) AS busy WHERE starts_with(url, busy))";

    public static NpgsqlBatchCommand AnyDue(IReadOnlyCollection<string> busy, DateTimeOffset now) => Statement(
        $"SELECT EXISTS (SELECT 1 FROM {ProxySchema}.deliveries WHERE {IsDue})", Of(now.ToUnixTimeMilliseconds()), Words([.. busy]));

    public static NpgsqlBatchCommand Take(IReadOnlyCollection<string> busy, DateTimeOffset now, TimeSpan length) => Statement(
        $"""
        UPDATE {ProxySchema}.deliveries SET attempts = attempts + 1, due_at = $3
        WHERE event = (
            SELECT event FROM {ProxySchema}.deliveries WHERE {IsDue} ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING {Columns}
        """,
        Of(now.ToUnixTimeMilliseconds()), Words([.. busy]), Of((now + length).ToUnixTimeMilliseconds()));

    /// <summary>Writes how an attempt ended; there is a row if that is so.</summary>
    public static NpgsqlBatchCommand Settle(Delivery delivery, DeliveryOutcome outcome, DateTimeOffset now)
    {
        var ending = DeliveryEnding.Of(outcome, now);
        return Statement(
            $"""
            UPDATE {ProxySchema}.deliveries SET attempts = attempts - $3, due_at = $4, delivered_at = $5, error = coalesce($6, error)
            WHERE event = $1 AND attempts = $2 AND due_at IS NOT NULL RETURNING event
            """,
            Word(delivery.Event), Of((int?)delivery.Attempts), Of((int?)(ending.Counts ? 0 : 1)), Of(ending.DueAt), Of(ending.DeliveredAt),
            WordOrNull(ending.Error));
    }

    public static NpgsqlBatchCommand ListOfPrompt(long seq) => List("seq", seq);

    public static NpgsqlBatchCommand ListOfBatch(long seq) => List("batch", seq);

    public static Delivery Read(NpgsqlDataReader row) => new()
    {
        Event = row.GetString(0),
        Type = row.GetString(1),
        Subject = row.GetGuid(2),
        Url = row.GetString(3),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
        Attempts = row.GetInt32(5),
        NextAttemptAt = TimeOrNull(row, 6),
        DeliveredAt = TimeOrNull(row, 7),
        LastError = row.IsDBNull(8) ? null : row.GetString(8),
    };

    private static NpgsqlBatchCommand List(string column, long number) => Statement(
        $"SELECT {Columns} FROM {ProxySchema}.deliveries WHERE {column} = $1 ORDER BY created_at, event", Of((long?)number));

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int column) =>
        row.Int64OrNull(column) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}
