using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// By what a transaction is known again: a row that it leaves in <c>changes</c>, which is no prompt's. Its number alone does not do: a
/// server that crashed before the transaction was on disk, or another that took over, gives the number to the next one.
/// </summary>
/// <param name="Number">Its number.</param>
/// <param name="At">When it was begun, by the database's clock.</param>
internal sealed record TransactionMark(string Number, DateTimeOffset At)
{
    /// <summary>Leaves the row, and answers the mark; no row where the transaction wrote nothing.</summary>
    public const string Query =
        $"""
        INSERT INTO {ProxySchema}.changes (seq) SELECT 0 WHERE pg_current_xact_id_if_assigned() IS NOT NULL RETURNING xact::text, at
        """;

    private const int Columns = 2;

    /// <summary>Reads what the query answered; null: the row is another statement's.</summary>
    public static TransactionMark? Read(NpgsqlDataReader row) =>
        row.FieldCount == Columns ? new(row.GetString(0), row.Time(1)) : null;
}
