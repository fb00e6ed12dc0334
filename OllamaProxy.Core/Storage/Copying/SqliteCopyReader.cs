using System.Text;
using System.Text.Unicode;
using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Storage.Sqlite.Tables.Statistics;

namespace OllamaProxy.Storage.Copying;

/// <summary>Reads a SQLite file in one read transaction of a connection that cannot write.</summary>
internal sealed class SqliteCopyReader : ICopyReader
{
    private static readonly Dictionary<CopiedTable, string> Queries = CopiedSet.AllTables.ToDictionary(table => table, QueryOf);

    private readonly SqliteDatabase _database;
    private readonly SqliteSession _session;
    private readonly string _path;
    private readonly bool _isOpenElsewhere;

    private SqliteCopyReader(SqliteDatabase database, SqliteSession session, string path, bool isOpenElsewhere) =>
        (_database, _session, _path, _isOpenElsewhere) = (database, session, path, isOpenElsewhere);

    /// <summary>Opens a file of this program's version.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="isCopy">Whether it is an unfinished copy.</param>
    /// <exception cref="StoreException">There is no such file, or it cannot be read.</exception>
    public static SqliteCopyReader Open(string path, bool isCopy)
    {
        if (!File.Exists(path))
            throw new StoreException($"There is no file {path}.");
        var isOpenElsewhere = !isCopy && SqliteFileUse.IsOpen(path);
        var database = new SqliteDatabase(path);
        SqliteConnection? connection = null;
        try
        {
            connection = database.OpenReader();
            RefuseUnfit(path, connection, isCopy);
            var session = new SqliteSession(connection);
            session.Execute("BEGIN");
            return new(database, session, path, isOpenElsewhere);
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            throw exception is SqliteException sqlite ? database.Translate(sqlite) : exception;
        }
    }

    public Task RefuseInUseAsync(CancellationToken cancellationToken)
    {
        if (_isOpenElsewhere)
            throw UnfinishedCopy.RefusalWhileUsed(_path, "another process has it open");
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using var row = _session.Query(LeaseCheck.Query, ("$now", now));
        row.Read();
        LeaseCheck.RefuseHeld(_path, row.Int64(0), row.Int64OrNull(1));
        return Task.CompletedTask;
    }

    public Task<SortedDictionary<string, long>> CountAsync(CancellationToken cancellationToken) => Reading(() =>
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var row = _session.Query("SELECT status, count(*) FROM prompts GROUP BY status");
        while (row.Read())
            counts[row.Text(0)] = row.Int64(1);
        return counts;
    });

    public Task<IReadOnlyList<QueuePause>> ListPausesAsync(CancellationToken cancellationToken) => Reading(() => PauseTable.List(_session));

    public Task<IReadOnlyList<UsageRow>> ListUsageAsync(CancellationToken cancellationToken) => Reading(() => UsageTable.List(_session));

    public Task<IReadOnlyList<(long Seq, long Size)>> ListSizesAsync(
        CopiedSet set, long after, int limit, CancellationToken cancellationToken) =>
        Reading<IReadOnlyList<(long, long)>>(() =>
    {
        var sizes = new List<(long, long)>();
        using var row = _session.Query(
            $"SELECT seq, {set.Size} FROM {set.Root.Name} WHERE seq > $after ORDER BY seq LIMIT $limit",
            ("$after", after), ("$limit", limit));
        while (row.Read())
            sizes.Add((row.Int64(0), row.Int64(1)));
        return sizes;
    });

    public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, long after, long last, CancellationToken cancellationToken) =>
        Read(table, after, last, cancellationToken).ToAsyncEnumerable();

    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        return default;
    }

    private IEnumerable<object?[]> Read(CopiedTable table, long after, long last, CancellationToken cancellationToken)
    {
        using var row = _session.Query(Queries[table], ("$after", after), ("$last", last));
        while (TryRead(row))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var values = new object?[table.Columns.Count];
            for (var column = 0; column < values.Length; column++)
                values[column] = ValueOf(row, column, table.Columns[column].Kind);
            yield return values;
        }
    }

    private bool TryRead(SqliteStatement row)
    {
        try
        {
            return row.Read();
        }
        catch (SqliteException exception)
        {
            throw _database.Translate(exception);
        }
    }

    private static object? ValueOf(SqliteStatement row, int column, ColumnKind kind) => row.IsNull(column) ? null : kind switch
    {
        ColumnKind.Number => row.Int64(column),
        ColumnKind.Integer => row.Int32(column),
        ColumnKind.Real => row.Real(column),
        ColumnKind.Uuid => Guid.Parse(row.Text(column)),
        ColumnKind.Time => StoredTime.ToMicroseconds(SqliteTime.Read(row.Text(column))),
        ColumnKind.TimeOrNull => SqliteTime.ReadOrNull(row.Text(column)) is { } time ? StoredTime.ToMicroseconds(time) : null,
        ColumnKind.Word => row.Text(column),
        ColumnKind.Text => TextOf(row.Bytes(column)),
        _ => row.Bytes(column),
    };

    /// <summary>
    /// A text as it is read here, byte for byte. Only what is no UTF-8, which another program or a fault of the disk left here, is read
    /// with replacement characters: PostgreSQL could not search it.
    /// </summary>
    private static ReadOnlyMemory<byte> TextOf(ReadOnlyMemory<byte> utf8) =>
        Utf8.IsValid(utf8.Span) ? utf8 : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8.Span));

    private Task<T> Reading<T>(Func<T> queries)
    {
        try
        {
            return Task.FromResult(queries());
        }
        catch (SqliteException exception)
        {
            throw _database.Translate(exception);
        }
    }

    private static void RefuseUnfit(string path, SqliteConnection connection, bool isCopy)
    {
        var version = SqliteSchema.CurrentVersion(connection);
        if (version == (isCopy ? UnfinishedCopy.Version : SqliteSchema.Version))
            return;
        throw version == UnfinishedCopy.Version ? UnfinishedCopy.Refusal(path, "--from") : UnfinishedCopy.RefusalOfVersion(path, version);
    }

    private static string QueryOf(CopiedTable table)
    {
        var (key, root) = (table.Key, CopiedSet.Of(table).Root);
        var range = $"{key} > $after AND {key} <= $last";
        if (table.Name == "parts")
            return $"SELECT {string.Join(", ", table.Columns.Select(column => column.Name))} FROM parts JOIN texts ON texts.id = text "
                + $"WHERE {range} AND EXISTS (SELECT 1 FROM {root.Name} WHERE {root.Name}.seq = texts.{key}) ORDER BY {key}, text, number";
        var columns = table.Columns.Select(column => table == CopiedTable.Prompts ? PromptColumn(column.Name) : column.Name);
        // A script may have removed a prompt and left what belongs to it.
        var owned = table == root ? "" : $"AND EXISTS (SELECT 1 FROM {root.Name} WHERE {root.Name}.seq = {table.Name}.{key}) ";
        return $"SELECT {string.Join(", ", columns)} FROM {table.Name} WHERE {range} {owned}ORDER BY {key}, {table.Order}";
    }

    /// <summary>A column as the other store has it: there, what came of a prompt is a row that is there or not.</summary>
    private static string PromptColumn(string name) => name switch
    {
        "model" => "coalesce(model, '')",
        "endpoint" => "(SELECT endpoint FROM calls WHERE calls.seq = prompts.seq)",
        "result_checksum" or "thinking" or "thinking_checksum" or "done_reason" or "total_duration" or "load_duration"
            or "prompt_eval_count" or "prompt_eval_duration" or "eval_duration" => $"iif(result IS NULL, NULL, {name})",
        _ => name,
    };
}
