using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// By what a transaction is known again: its number, and, since a server that took over counts on from where it was, its time and the
/// timeline, which is another after each such change.
/// </summary>
/// <param name="Number">Its number.</param>
/// <param name="Timeline">The timeline of the server's log.</param>
/// <param name="At">When it was begun, by the database's clock.</param>
internal sealed record TransactionMark(string Number, string Timeline, DateTimeOffset At)
{
    public const string CurrentTimeline = "left(pg_walfile_name(pg_current_wal_lsn()), 8)";

    /// <summary>The mark of the transaction that it is run in.</summary>
    public const string Query = $"SELECT pg_current_xact_id_if_assigned()::text, {CurrentTimeline}, now()";

    private const int Columns = 3;

    /// <summary>Reads what the query answered; null: the transaction wrote nothing, or the row is another statement's.</summary>
    public static TransactionMark? Read(NpgsqlDataReader row) =>
        row.FieldCount == Columns && !row.IsDBNull(0) ? new(row.GetString(0), row.GetString(1), row.Time(2)) : null;
}
