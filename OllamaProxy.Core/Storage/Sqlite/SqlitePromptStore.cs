using Microsoft.Data.Sqlite;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Sqlite.Caching;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Schema;
using OllamaProxy.Storage.Sqlite.Tables;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>The store of prompts in a SQLite file. Writes go through one <see cref="SqliteWriter"/>; reads never wait for them.</summary>
public sealed partial class SqlitePromptStore : IPromptStore, IAsyncDisposable
{
    /// <summary>How long the state in memory is trusted without a check for writes of other processes.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly SqliteDatabase _database;
    private readonly SqliteReaders _readers;
    private readonly CommitObserver _commits;
    private readonly PromptCache _recent = new();
    private readonly ResultTexts _results;
    private readonly LongTextStaging _staging;
    private readonly LongTextReader _longTexts;
    private readonly SqliteWriter _writer;
    private readonly LeaseClocks _leaseClocks;
    private readonly TimeSpan _ageingStep;
    private readonly TimeProvider _time;

    private SqlitePromptStore(SqliteDatabase database, SqliteConnection connection, OpenFiles files, TimeSpan ageingStep, TimeProvider time)
    {
        var session = new SqliteSession(connection);
        _database = database;
        _readers = new(database, files);
        _staging = new((text, number, bytes, cancellationToken) => WriteAsync(
            (writing, now) => LongTexts.Append(writing, text, number, bytes, now + LongTextStaging.Patience), cancellationToken));
        _longTexts = new((text, number, piece, cancellationToken) =>
            ReadAsync(reading => LongTexts.ReadPart(reading, text, number, piece.Span), cancellationToken));
        _results = new(this, _longTexts);
        _commits = new(session, _recent, Notifier, ageingStep, time);
        _writer = new(database, session, files, _commits);
        _leaseClocks = new(time);
        _ageingStep = ageingStep;
        _time = time;
    }

    /// <inheritdoc/>
    public ChangeNotifier Notifier { get; } = new();

    /// <summary>Opens the file. A new file is created, an older one is migrated, and one of the original program is imported.</summary>
    /// <param name="path">The full path. Its folder is created if it is missing.</param>
    /// <param name="defaultModel">The model for imported prompts that have yet to run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ageingStep">The head start of one point of priority; null: <see cref="QueueRank.DefaultAgeingStep"/>.</param>
    /// <param name="check">Whether to check the consistency of the whole file first, which takes as long as reading it.</param>
    /// <exception cref="StoreException">The file cannot be used. It was not changed.</exception>
    public static SqlitePromptStore Open(
        string path, string defaultModel, TimeProvider time, TimeSpan? ageingStep = null, bool check = false)
    {
        var database = new SqliteDatabase(path);
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            connection = database.OpenWriter();
            if (check)
                database.Check(connection);
            SqliteSchema.Prepare(connection, path, new LegacyImport(defaultModel, time.GetUtcNow()));
            // The CHECK constraints are for scripts that write to the file. This program validates its values itself.
            connection.Execute("PRAGMA ignore_check_constraints = ON");
            return new(database, connection, new OpenFiles(connection, path), ageingStep ?? QueueRank.DefaultAgeingStep, time);
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            throw exception switch
            {
                SqliteException sqlite => database.Translate(sqlite),
                IOException or UnauthorizedAccessException =>
                    new StoreException($"The folder of the database {path} cannot be made: {exception.Message}", exception),
                _ => exception,
            };
        }
    }

    /// <summary>Finishes the writes that wait, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        // The last connection to be closed checkpoints the write-ahead log. A reader could not do that.
        _readers.Dispose();
        await _writer.DisposeAsync();
        _staging.Dispose();
    }

    /// <summary>Runs work on the writer's connection, as one write among others. Tests use it as well, to damage a file.</summary>
    internal Task<T> WriteAsync<T>(Func<SqliteSession, DateTimeOffset, T> work, CancellationToken cancellationToken) =>
        WriteAsync(work, null, cancellationToken);

    private Task<T> WriteAsync<T>(
        Func<SqliteSession, DateTimeOffset, T> work, Action<T>? committing, CancellationToken cancellationToken) =>
        _writer.RunAsync(session => work(session, _time.GetUtcNow()), committing, cancellationToken);

    /// <summary>Runs queries on a read-only connection.</summary>
    internal Task<T> ReadAsync<T>(Func<SqliteSession, T> queries, CancellationToken cancellationToken)
    {
        // Synchronously: SQLite reads from the page cache in microseconds, less than a switch to another thread takes.
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult(_readers.Read(queries));
        }
        catch (SqliteException exception)
        {
            return Task.FromException<T>(_database.Translate(exception));
        }
    }
}
