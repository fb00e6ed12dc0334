using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Schema;
using OllamaProxy.Storage.Postgres.Tables;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Copying;

/// <summary>Reads a PostgreSQL database in one transaction that sees one snapshot, and can only read.</summary>
internal sealed class PostgresCopyReader : ICopyReader
{
    /// <summary>What the server knows this program's connections by.</summary>
    public const string ProgramName = "Ollama Proxy copy";

    /// <summary>Begins a transaction as this needs it: in the schema, and without the limits that are meant for short ones.</summary>
    public const string Settle =
        $"SET LOCAL search_path = {ProxySchema}; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; "
        + "SET LOCAL client_min_messages = error";

    private const string PromptRows = "prompts JOIN payloads USING (seq) LEFT JOIN results USING (seq)";

    private static readonly Dictionary<CopiedTable, string> Queries = CopiedSet.AllTables.ToDictionary(table => table, QueryOf);

    private readonly PostgresServer _server;
    private readonly NpgsqlConnection _connection;

    private PostgresCopyReader(PostgresServer server, NpgsqlConnection connection) => (_server, _connection) = (server, connection);

    /// <summary>Opens a database of this program's version.</summary>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="identity">The managed identity whose token is the password; null: none.</param>
    /// <param name="isCopy">Whether it is an unfinished copy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">There is no such database, or it cannot be read.</exception>
    public static async Task<PostgresCopyReader> OpenAsync(
        string connectionString, string? identity, bool isCopy, CancellationToken cancellationToken)
    {
        var server = new PostgresServer(connectionString, identity);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await server.OpenAsync(cancellationToken);
            await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            await ExecuteAsync(connection, $"SET TRANSACTION READ ONLY; {Settle}", cancellationToken);
            var version = await PostgresSchema.CurrentVersionAsync(connection);
            if (version == (isCopy ? UnfinishedCopy.Version : PostgresSchema.Version))
                return new(server, connection);
            throw version == UnfinishedCopy.Version
                ? UnfinishedCopy.Refusal(server.Name, "--from") : UnfinishedCopy.RefusalOfVersion(server.Name, version);
        }
        catch (Exception exception)
        {
            if (connection is not null)
                await connection.DisposeAsync();
            await server.DisposeAsync();
            throw PostgresServer.IsFault(exception) ? server.Translate(exception) : exception;
        }
    }

    public async Task RefuseInUseAsync(CancellationToken cancellationToken)
    {
        await RefuseConnectedAsync(_server, _connection, cancellationToken);
        var held = LeaseCheck.Query.Replace("$now", "floor(extract(epoch FROM clock_timestamp()) * 1000)", StringComparison.Ordinal);
        var (leases, until) = await FirstAsync(held, row => (row.GetInt64(0), row.Int64OrNull(1)), cancellationToken);
        LeaseCheck.RefuseHeld(_server.Name, leases, until);
    }

    /// <summary>
    /// Makes sure that no process that runs or serves prompts is connected, as far as the server tells: by its name or, where its
    /// connection string gives it another, by the last thing that it asked for.
    /// </summary>
    public static async Task RefuseConnectedAsync(PostgresServer server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> '{ProgramName}'
                AND (application_name = '{PostgresServer.ProgramName}' OR query LIKE '%{ProxySchema}.%')
            """,
            connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is > 0L and var connections)
            throw UnfinishedCopy.RefusalWhileUsed(server.Name, $"connections to its tables are open ({connections} of them)");
    }

    public async Task<SortedDictionary<string, long>> CountAsync(CancellationToken cancellationToken)
    {
        var counts = await ListAsync(
            "SELECT status, count(*) FROM prompts GROUP BY status", row => (row.GetString(0), row.GetInt64(1)), cancellationToken);
        return new(counts.ToDictionary(), StringComparer.Ordinal);
    }

    public async Task<IReadOnlyList<QueuePause>> ListPausesAsync(CancellationToken cancellationToken) =>
        await ListAsync(PauseRow.List, PauseRow.Read, cancellationToken);

    public async Task<IReadOnlyList<UsageRow>> ListUsageAsync(CancellationToken cancellationToken) =>
        await ListAsync(UsageTable.List, UsageTable.Read, cancellationToken);

    public async Task<IReadOnlyList<(long Seq, long Size)>> ListSizesAsync(
        CopiedSet set, long after, int limit, CancellationToken cancellationToken) =>
        await ListAsync(
            $"SELECT seq, ({set.Size})::bigint FROM {(set == CopiedSet.Prompts ? PromptRows : set.Root.Name)} "
                + "WHERE seq > $1 ORDER BY seq LIMIT $2",
            row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken, PostgresValues.Of(after), PostgresValues.Of(limit));

    public async IAsyncEnumerable<object?[]> ReadAsync(
        CopiedTable table, long after, long last, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = CommandOf(Queries[table], PostgresValues.Of(after), PostgresValues.Of(last));
        await using var rows = await TryAsync(() => command.ExecuteReaderAsync(cancellationToken));
        while (await TryAsync(() => rows.ReadAsync(cancellationToken)))
        {
            var values = new object?[table.Columns.Count];
            for (var column = 0; column < values.Length; column++)
                values[column] = ValueOf(rows, column, table.Columns[column].Kind);
            yield return values;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Runs statements that answer nothing.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<T> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        (await ListAsync(sql, read, cancellationToken))[0];

    private Task<List<T>> ListAsync<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] values) =>
        TryAsync(async () =>
    {
        await using var command = CommandOf(sql, values);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ListAsync(read, cancellationToken);
    });

    private NpgsqlCommand CommandOf(string sql, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlCommand(sql, _connection);
        command.Parameters.AddRange(values);
        return command;
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (PostgresServer.IsFault(exception))
        {
            throw _server.Translate(exception);
        }
    }

    private static object? ValueOf(NpgsqlDataReader row, int column, ColumnKind kind) => row.IsDBNull(column) ? null : kind switch
    {
        ColumnKind.Number => row.GetInt64(column),
        ColumnKind.Integer => row.GetInt32(column),
        ColumnKind.Real => row.GetDouble(column),
        ColumnKind.Uuid => row.GetGuid(column),
        ColumnKind.Time or ColumnKind.TimeOrNull => row.Time(column),
        ColumnKind.Word => row.GetString(column),
        _ => (ReadOnlyMemory<byte>)row.Bytes(column),
    };

    private static string QueryOf(CopiedTable table)
    {
        var columns = table.Columns.Select(column => column.Name);
        var range = $"{table.Key} > $1 AND {table.Key} <= $2";
        if (table == CopiedTable.Prompts)
            return $"SELECT {string.Join(", ", columns.Select(PromptColumn))} FROM {PromptRows} WHERE {range} ORDER BY seq";
        if (table.Name == "parts")
            return $"SELECT {string.Join(", ", columns)} FROM texts JOIN parts ON text = id WHERE {range} "
                + $"ORDER BY {table.Key}, text, number";
        var from = table == CopiedTable.Calls ? "calls JOIN prompts USING (seq)" : table.Name;
        return $"SELECT {string.Join(", ", columns)} FROM {from} WHERE {range} ORDER BY {table.Key}, {table.Order}";
    }

    /// <summary>The two columns of this name are the same where both are there.</summary>
    private static string PromptColumn(string name) =>
        name is "eval_count" or "prompt_eval_count" ? $"coalesce(results.{name}, prompts.{name})" : name;
}
