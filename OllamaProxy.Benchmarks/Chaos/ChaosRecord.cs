using System.Globalization;
using Npgsql;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>What the database says in the end of one prompt.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">Its status.</param>
/// <param name="Text">Its text.</param>
/// <param name="Error">Its error; null: it has none.</param>
/// <param name="Result">Its result, or the body of Ollama's response; null: there is none.</param>
/// <param name="Succeeded">How many of its attempts ended without an error.</param>
/// <param name="Open">How many of its attempts have no end.</param>
/// <param name="Completions">How often it became completed.</param>
/// <param name="Reopenings">How often it became something else after that.</param>
internal sealed record ChaosRecord(
    Guid Id, string Status, string Text, string? Error, string? Result, long Succeeded, long Open, long Completions, long Reopenings)
{
    /// <summary>Has the database note every change of a status, apart from the tables of the program.</summary>
    public const string Audit =
        """
        CREATE SCHEMA chaos;
        CREATE TABLE chaos.changes (seq bigint NOT NULL, was text NOT NULL, becomes text NOT NULL);
        CREATE INDEX ON chaos.changes (seq);
        CREATE FUNCTION chaos.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO chaos.changes VALUES (NEW.seq, OLD.status, NEW.status);
            RETURN NULL;
        END $$;
        CREATE TRIGGER chaos AFTER UPDATE ON ollama_proxy.prompts FOR EACH ROW WHEN (OLD.status <> NEW.status)
        EXECUTE FUNCTION chaos.note();
        """;

    private const string All =
        """
        SELECT id, prompts.status, convert_from(prompt, 'UTF8'), convert_from(prompts.error, 'UTF8'),
            convert_from(coalesce(body, result), 'UTF8'),
            (SELECT count(*) FROM attempts WHERE attempts.seq = prompts.seq AND ended_at IS NOT NULL AND attempts.error IS NULL),
            (SELECT count(*) FROM attempts WHERE attempts.seq = prompts.seq AND ended_at IS NULL),
            (SELECT count(*) FROM chaos.changes WHERE changes.seq = prompts.seq AND becomes = 'completed'),
            (SELECT count(*) FROM chaos.changes WHERE changes.seq = prompts.seq AND was = 'completed')
        FROM prompts JOIN payloads USING (seq) LEFT JOIN results USING (seq) LEFT JOIN responses USING (seq)
        """;

    private const string Unfinished =
        "SELECT (SELECT count(*) FROM prompts WHERE status IN ('queued', 'processing')) + (SELECT count(*) FROM leases)";

    public static async Task<IReadOnlyList<ChaosRecord>> ReadAsync(PostgresCluster cluster, string database)
    {
        await using var connection = await ConnectAsync(cluster, database);
        await using var command = new NpgsqlCommand(All, connection);
        await using var rows = await command.ExecuteReaderAsync();
        var records = new List<ChaosRecord>();
        while (await rows.ReadAsync())
            records.Add(new(rows.GetGuid(0), rows.GetString(1), rows.GetString(2), TextOrNull(rows, 3), TextOrNull(rows, 4),
                rows.GetInt64(5), rows.GetInt64(6), rows.GetInt64(7), rows.GetInt64(8)));
        return records;
    }

    /// <summary>How many prompts have not ended, and how many leases are left.</summary>
    public static async Task<long> CountUnfinishedAsync(PostgresCluster cluster, string database)
    {
        await using var connection = await ConnectAsync(cluster, database);
        await using var command = new NpgsqlCommand(Unfinished, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static async Task<NpgsqlConnection> ConnectAsync(PostgresCluster cluster, string database)
    {
        var connection = new NpgsqlConnection(cluster.ConnectionString(database) + ";Pooling=false;Search Path=ollama_proxy");
        await connection.OpenAsync();
        return connection;
    }

    private static string? TextOrNull(NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
}
