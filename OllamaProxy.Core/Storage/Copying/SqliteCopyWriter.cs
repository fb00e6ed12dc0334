using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Storage.Sqlite.Tables.Statistics;

namespace OllamaProxy.Storage.Copying;

/// <summary>Writes a copy into a SQLite file, which it makes.</summary>
internal sealed class SqliteCopyWriter(string path) : ICopyWriter
{
    private static readonly Dictionary<CopiedTable, (string Sql, string[] Names)> Inserts =
        CopiedSet.AllTables.ToDictionary(table => table, InsertOf);

    private readonly SqliteDatabase _database = new(path);
    private SqliteSession? _session;

    public Task<CopyStart> BeginAsync(string source, CancellationToken cancellationToken) => TryAsync(() =>
    {
        if (SqliteFileUse.IsOpen(path))
            throw UnfinishedCopy.RefusalWhileUsed(path, "another process has it open");
        MakeFolder();
        var session = _session = new(_database.OpenWriter());
        var version = SqliteSchema.CurrentVersion(session.Connection);
        if (version != UnfinishedCopy.Version)
        {
            RefuseFilled(session, version);
            SqliteSchema.Prepare(session.Connection, path, new("", default));
        }
        session.Execute("PRAGMA ignore_check_constraints = ON");
        return Task.FromResult(InTransaction(session, () => Mark(session, source)));
    });

    public Task<long> LastAsync(CopiedSet set, CancellationToken cancellationToken) => TryAsync(() => Task.FromResult(LastOf(set)));

    public Task WriteAsync(
        CopiedSet set, long after, Func<CopiedTable, IAsyncEnumerable<object?[]>> rowsOf, CancellationToken cancellationToken) =>
        TryAsync(async () =>
    {
        var session = _session!;
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            if (LastOf(set) != after)
                throw UnfinishedCopy.RefusalWhileUsed(path, "another process has written to it since the copy began");
            foreach (var table in set.Tables)
                await foreach (var row in rowsOf(table).WithCancellation(cancellationToken))
                    Insert(session, table, row);
            session.Execute("COMMIT");
        }
        finally
        {
            if (session.InTransaction)
                session.Execute("ROLLBACK");
        }
        return true;
    });

    public Task CompleteAsync(
        IReadOnlyList<QueuePause> pauses, IReadOnlyList<UsageRow> usage, CancellationToken cancellationToken) => TryAsync(() =>
    {
        foreach (var pause in pauses)
            PauseTable.Add(_session!, pause.Scope, pause.Name, pause.Since);
        // Numbers that the source gave, and of which nothing is left, are those of prompts that were removed.
        InTransaction(_session!, () =>
        {
            UsageTable.Replace(_session!, usage);
            _session!.Execute(MarkEnded);
            return _session.Execute("DELETE FROM removals") + _session.Execute(CountRemovals);
        });
        return Task.FromResult(true);
    });

    public Task ReleaseAsync(CancellationToken cancellationToken) => TryAsync(() =>
    {
        InTransaction(_session!, () => _session!.Execute(
            $"DROP TABLE unfinished_copy; PRAGMA user_version = {SqliteSchema.Version}"));
        return Task.FromResult(true);
    });

    public ValueTask DisposeAsync()
    {
        _session?.Dispose();
        return default;
    }

    private const string MarkEnded =
        "UPDATE batch_lines SET has_ended = seq NOT IN (SELECT seq FROM prompts WHERE status IN ('queued', 'processing'))";

    private const string CountRemovals =
        """
        WITH RECURSIVE
            last(seq) AS (SELECT seq FROM sqlite_sequence WHERE name = 'prompts'),
            blocks(block, first, last) AS (
                SELECT 0, 1, min(256, seq) FROM last WHERE seq > 0
                UNION ALL
                SELECT block + 1, first + 256, min(blocks.last + 256, seq) FROM blocks, last WHERE blocks.last < seq
            )
        INSERT INTO removals
        SELECT block, last - first + 1 - there
        FROM (SELECT *, (SELECT count(*) FROM prompts WHERE seq BETWEEN first AND last) AS there FROM blocks)
        WHERE there < last - first + 1
        """;

    /// <summary>Refuses a file that holds anything, before its tables are made or migrated.</summary>
    private void RefuseFilled(SqliteSession session, long version)
    {
        if (version == 0 && session.Number("SELECT count(*) FROM sqlite_schema") > 0)
            throw UnfinishedCopy.RefusalOfVersion(path, version);
        if (version > 0 && session.Number("SELECT count(*) FROM prompts") is > 0 and var prompts)
            throw UnfinishedCopy.RefusalToMix(path, prompts);
    }

    /// <summary>Makes the file an unfinished copy, unless it is one of this source already.</summary>
    private CopyStart Mark(SqliteSession session, string source)
    {
        if (SqliteSchema.CurrentVersion(session.Connection) == UnfinishedCopy.Version)
        {
            using var known = session.Query("SELECT source, version FROM unfinished_copy");
            if (!known.Read() || known.Text(0) != source || known.Int64(1) != SqliteSchema.Version)
                throw UnfinishedCopy.RefusalToGoOn(path, known.Text(0));
            return new(session.Number("SELECT count(*) FROM prompts"));
        }
        RefuseFilled(session, SqliteSchema.Version);
        if (LastOf(CopiedSet.Files) + LastOf(CopiedSet.Batches) > 0)
            throw UnfinishedCopy.RefusalToMixFiles(path);
        session.Execute("DELETE FROM parts; DELETE FROM texts; DELETE FROM leases");
        session.Execute("CREATE TABLE unfinished_copy (source TEXT NOT NULL, version INTEGER NOT NULL)");
        session.Execute("INSERT INTO unfinished_copy VALUES ($source, $version)", ("$source", source), ("$version", SqliteSchema.Version));
        session.Execute($"PRAGMA user_version = {UnfinishedCopy.Version}");
        return default;
    }

    private long LastOf(CopiedSet set) => _session!.Number($"SELECT max(seq) FROM {set.Root.Name}");

    private static void Insert(SqliteSession session, CopiedTable table, object?[] row)
    {
        var (sql, names) = Inserts[table];
        var values = new (string, object?)[row.Length];
        for (var column = 0; column < row.Length; column++)
            values[column] = (names[column], row[column] switch
            {
                DateTimeOffset time => SqliteTime.Write(time),
                Guid id => id.ToString(),
                var value => value,
            });
        session.Execute(sql, values);
    }

    private static T InTransaction<T>(SqliteSession session, Func<T> work)
    {
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = work();
            session.Execute("COMMIT");
            return result;
        }
        finally
        {
            if (session.InTransaction)
                session.Execute("ROLLBACK");
        }
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (SqliteException exception)
        {
            throw _database.Translate(exception);
        }
    }

    private void MakeFolder()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The folder of the database {path} cannot be made: {exception.Message}", exception);
        }
    }

    private static (string Sql, string[] Names) InsertOf(CopiedTable table)
    {
        // Where a call goes to is with the call.
        var columns = table.Columns.Where(column => table != CopiedTable.Prompts || column.Name != "endpoint").ToList();
        return (
            $"INSERT INTO {table.Name} ({string.Join(", ", columns.Select(column => column.Name))}) "
                + $"VALUES ({string.Join(", ", columns.Select(ValueOf))})",
            [.. table.Columns.Select(column => $"${column.Name}")]);
    }

    /// <summary>A text is given as its bytes: so it may hold any character. No model is NULL, as the store writes it.</summary>
    private static string ValueOf(CopiedColumn column) => column switch
    {
        { Name: "model" } => "nullif(CAST($model AS TEXT), '')",
        { Kind: ColumnKind.Text } => $"CAST(${column.Name} AS TEXT)",
        _ => $"${column.Name}",
    };
}
