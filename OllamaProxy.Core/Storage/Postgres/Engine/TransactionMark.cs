using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// By what a transaction is known again: the row that it left in <c>changes</c>. Its number alone does not do: a server that crashed before
/// the transaction was on disk, or another that took over, gives the number to the next one.
/// </summary>
/// <param name="Number">Its number.</param>
/// <param name="At">When it was begun, by the database's clock.</param>
internal sealed record TransactionMark(string Number, DateTimeOffset At)
{
    /// <summary>Has a transaction that wrote something else leave a row as well, and answers its mark.</summary>
    public const string Query =
        $"""
        WITH mark AS (
            INSERT INTO {ProxySchema}.changes (seq) SELECT 0 WHERE pg_current_xact_id_if_assigned() IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM {ProxySchema}.changes WHERE xact = pg_current_xact_id_if_assigned()))
        SELECT pg_current_xact_id_if_assigned()::text, now()
        """;

    private const int Columns = 2;

    /// <summary>Reads what the query answered; null: the transaction wrote nothing, or the row is another statement's.</summary>
    public static TransactionMark? Read(NpgsqlDataReader row) =>
        row.FieldCount == Columns && !row.IsDBNull(0) ? new(row.GetString(0), row.Time(1)) : null;
}
