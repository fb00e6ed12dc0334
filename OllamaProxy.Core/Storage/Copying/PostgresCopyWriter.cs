using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Schema;
using OllamaProxy.Storage.Postgres.Tables;
using static OllamaProxy.Storage.Copying.PostgresCopyReader;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Copying;

/// <summary>Writes a copy into a PostgreSQL database, by COPY in its binary form.</summary>
internal sealed class PostgresCopyWriter(string connectionString, string? identity) : ICopyWriter
{
    /// <summary>The columns of a prompt that are in other tables there.</summary>
    private static readonly string[]
        OfPayload = ["prompt", "prompt_checksum", "request", "request_checksum", "metadata"],
        OfResult =
        [
            "result", "result_checksum", "thinking", "thinking_checksum", "done_reason", "total_duration", "load_duration",
            "prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration",
        ];

    private static readonly int ResultColumn = CopiedTable.Prompts.IndexOf("result");

    /// <summary>Identities go on behind the numbers that came in.</summary>
    private static readonly string Continue = $"{Behind("prompts", "seq")}; {Behind("attempts", "id")}; {Behind("texts", "id")}; "
        + $"{Behind("files", "seq")}; {Behind("batches", "seq")}";

    private const string MarkEnded =
        "UPDATE batch_lines SET has_ended = seq NOT IN (SELECT seq FROM prompts WHERE status IN ('queued', 'processing'))";

    private static readonly Dictionary<CopiedTable, Target[]> Targets = CopiedSet.AllTables.ToDictionary(table => table, TargetsOf);

    private readonly PostgresServer _server = new(connectionString, identity);
    private NpgsqlConnection? _connection;

    public Task<CopyStart> BeginAsync(string source, CancellationToken cancellationToken) => TryAsync(async connection =>
    {
        if (await PostgresSchema.CurrentVersionAsync(connection) != UnfinishedCopy.Version)
        {
            await RefuseConnectedAsync(_server, connection, cancellationToken);
            await PostgresSchema.PrepareAsync(_server, connection);
        }
        return await InTransactionAsync(connection, AdvisoryLock.Migration, () => MarkAsync(connection, source, cancellationToken),
            cancellationToken);
    }, cancellationToken);

    public Task<long> LastAsync(CopiedSet set, CancellationToken cancellationToken) => TryAsync(connection =>
        InTransactionAsync(connection, AdvisoryLock.Copy, () => LastAsync(connection, set, cancellationToken), cancellationToken),
        cancellationToken);

    public Task WriteAsync(
        CopiedSet set, long after, Func<CopiedTable, IAsyncEnumerable<object?[]>> rowsOf, CancellationToken cancellationToken) =>
        TryAsync(connection => InTransactionAsync(connection, AdvisoryLock.Copy, async () =>
    {
        if (await LastAsync(connection, set, cancellationToken) != after)
            throw UnfinishedCopy.RefusalWhileUsed(_server.Name, "another process has written to it since the copy began");
        foreach (var table in set.Tables)
            await WriteAsync(connection, table, rowsOf(table), cancellationToken);
        return true;
    }, cancellationToken), cancellationToken);

    public Task CompleteAsync(
        IReadOnlyList<QueuePause> pauses, IReadOnlyList<UsageRow> usage, CancellationToken cancellationToken) =>
        TryAsync(async connection =>
    {
        await using (var batch = connection.CreateBatch())
        {
            foreach (var pause in pauses)
                batch.BatchCommands.Add(PauseRow.Add(pause.Scope, pause.Name, pause.Since));
            foreach (var row in usage)
                batch.BatchCommands.Add(UsageTable.Put(row));
            if (batch.BatchCommands.Count > 0)
                await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        await InTransactionAsync(connection, AdvisoryLock.Copy, async () =>
        {
            await ExecuteAsync(connection, $"{MarkEnded}; {Continue}", cancellationToken);
            return true;
        }, cancellationToken);
        // Only what is committed is summed up.
        var tables = CopiedSet.AllTables.SelectMany(table => Targets[table]).Select(target => $"{ProxySchema}.{target.Table}").Distinct();
        await ExecuteAsync(connection, $"SELECT {ProxySchema}.sum_up_counts()", cancellationToken);
        return await InTransactionAsync(connection, AdvisoryLock.Copy, async () =>
        {
            await ExecuteAsync(connection, $"ANALYZE {string.Join(", ", tables)}", cancellationToken);
            return true;
        }, cancellationToken);
    }, cancellationToken);

    public Task ReleaseAsync(CancellationToken cancellationToken) => TryAsync(connection =>
        InTransactionAsync(connection, AdvisoryLock.Migration, async () =>
    {
        await ExecuteAsync(
            connection,
            "UPDATE version SET version = (SELECT version FROM unfinished_copy); DROP TABLE unfinished_copy",
            cancellationToken);
        return true;
    }, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Makes the database an unfinished copy, unless it is one of this source already.</summary>
    private async Task<CopyStart> MarkAsync(NpgsqlConnection connection, string source, CancellationToken cancellationToken)
    {
        var prompts = await NumberAsync(connection, "SELECT count(*) FROM prompts", cancellationToken);
        if (await PostgresSchema.CurrentVersionAsync(connection) == UnfinishedCopy.Version)
        {
            await using var look = new NpgsqlCommand("SELECT source FROM unfinished_copy", connection);
            var known = (string)(await look.ExecuteScalarAsync(cancellationToken))!;
            if (known != source
                || await NumberAsync(connection, "SELECT version FROM unfinished_copy", cancellationToken) != PostgresSchema.Version)
                throw UnfinishedCopy.RefusalToGoOn(_server.Name, known);
            return new(prompts);
        }
        if (prompts > 0)
            throw UnfinishedCopy.RefusalToMix(_server.Name, prompts);
        if (await LastAsync(connection, CopiedSet.Files, cancellationToken) > 0
            || await LastAsync(connection, CopiedSet.Batches, cancellationToken) > 0)
            throw UnfinishedCopy.RefusalToMixFiles(_server.Name);
        await ExecuteAsync(
            connection,
            $"""
            DELETE FROM parts; DELETE FROM texts; DELETE FROM leases;
            CREATE TABLE unfinished_copy (source text NOT NULL, version integer NOT NULL);
            UPDATE version SET version = {UnfinishedCopy.Version};
            """,
            cancellationToken);
        await using var insert = new NpgsqlCommand("INSERT INTO unfinished_copy VALUES ($1, $2)", connection);
        insert.Parameters.Add(PostgresValues.Word(source));
        insert.Parameters.Add(PostgresValues.Of(PostgresSchema.Version));
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return default;
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, CopiedTable table, IAsyncEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        // A connection takes one COPY at a time, and the rows of prompts go to several tables.
        var targets = Targets[table];
        var kept = targets.Length > 1 ? await rows.ToListAsync(cancellationToken) : null;
        foreach (var target in targets)
            await WriteAsync(connection, table, target, kept?.ToAsyncEnumerable() ?? rows, cancellationToken);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, CopiedTable table, Target target, IAsyncEnumerable<object?[]> rows,
        CancellationToken cancellationToken)
    {
        await using var enumerator = rows.Where(target.HasRow).GetAsyncEnumerator(cancellationToken);
        if (!await enumerator.MoveNextAsync())
            return;
        var names = string.Join(", ", target.Columns.Select(column => table.Columns[column].Name));
        await using var import = await connection.BeginBinaryImportAsync(
            $"COPY {ProxySchema}.{target.Table} ({names}) FROM STDIN (FORMAT binary)", cancellationToken);
        import.Timeout = TimeSpan.Zero;
        do
        {
            await import.StartRowAsync(cancellationToken);
            foreach (var column in target.Columns)
                await WriteAsync(import, enumerator.Current[column], cancellationToken);
        }
        while (await enumerator.MoveNextAsync());
        await import.CompleteAsync(cancellationToken);
    }

    private static Task WriteAsync(NpgsqlBinaryImporter import, object? value, CancellationToken cancellationToken) => value switch
    {
        null => import.WriteNullAsync(cancellationToken),
        long number => import.WriteAsync(number, NpgsqlDbType.Bigint, cancellationToken),
        int number => import.WriteAsync(number, NpgsqlDbType.Integer, cancellationToken),
        double number => import.WriteAsync(number, NpgsqlDbType.Double, cancellationToken),
        Guid id => import.WriteAsync(id, NpgsqlDbType.Uuid, cancellationToken),
        DateTimeOffset time => import.WriteAsync(time, NpgsqlDbType.TimestampTz, cancellationToken),
        string word => import.WriteAsync(word, NpgsqlDbType.Text, cancellationToken),
        ReadOnlyMemory<byte> bytes => import.WriteAsync(bytes, NpgsqlDbType.Bytea, cancellationToken),
        _ => throw new ArgumentException($"{value.GetType()} is no kind of column.", nameof(value)),
    };

    private static Task<long> LastAsync(NpgsqlConnection connection, CopiedSet set, CancellationToken cancellationToken) =>
        NumberAsync(connection, $"SELECT coalesce(max(seq), 0) FROM {set.Root.Name}", cancellationToken);

    private static async Task<long> NumberAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static async Task<T> InTransactionAsync<T>(
        NpgsqlConnection connection, long advisoryLock, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"{Settle}; SELECT pg_advisory_xact_lock({advisoryLock})", cancellationToken);
        var result = await work();
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task<T> TryAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(_connection ??= await _server.OpenAsync(cancellationToken));
        }
        catch (Exception exception) when (PostgresServer.IsFault(exception))
        {
            throw _server.Translate(exception);
        }
    }

    private static string Behind(string table, string column) =>
        $"""
        SELECT setval(sequence, greatest(pg_sequence_last_value(sequence::regclass), (SELECT max({column}) FROM {table})))
        FROM pg_get_serial_sequence('{ProxySchema}.{table}', '{column}') AS sequence WHERE EXISTS (SELECT 1 FROM {table})
        """;

    private static Target[] TargetsOf(CopiedTable table)
    {
        if (table != CopiedTable.Prompts)
            return [Of(table.Name, column => table != CopiedTable.Calls || column != "endpoint")];
        return
        [
            Of("prompts", column => column is "eval_count" or "prompt_eval_count"
                || (!OfPayload.Contains(column) && !OfResult.Contains(column))),
            Of("payloads", column => column is "seq" || OfPayload.Contains(column)),
            Of("results", column => column is "seq" || OfResult.Contains(column)) with { HasRow = row => row[ResultColumn] is not null },
        ];

        Target Of(string name, Func<string, bool> has) =>
            new(name, [.. table.Columns.Index().Where(column => has(column.Item.Name)).Select(column => column.Index)], _ => true);
    }

    /// <summary>A table that rows are written to.</summary>
    /// <param name="Table">Its name.</param>
    /// <param name="Columns">Which columns of the copied table are its own.</param>
    /// <param name="HasRow">Whether there is one for a row of the copied table.</param>
    private sealed record Target(string Table, int[] Columns, Func<object?[], bool> HasRow);
}
