using Npgsql;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Schema;
using OllamaProxy.Storage.Postgres.Tables;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres;

/// <summary>
/// Stores prompts in a PostgreSQL database that any number of processes share. Writes go through one <see cref="PostgresWriter"/> and call
/// the functions that the migrations define; each read has its own connection.
/// </summary>
public sealed partial class PostgresPromptStore : IPromptStore, IAsyncDisposable
{
    /// <summary>How old a cached status may be: other processes may have written since.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly PostgresServer _server;
    private readonly PostgresReaders _readers;
    private readonly PromptCache _recent = new();
    private readonly ChangeFeed _feed;
    private readonly PostgresWriter _writer;
    private readonly ChangeSignal? _signal;
    private readonly LongTextStaging _staging;
    private readonly LongTextReader _longTexts;
    private readonly PromptResults _results;
    private readonly LeaseClocks _leaseClocks;
    private readonly TimeSpan _ageingStep;
    private int _isDisposed;

    /// <summary>The clock for all stored times: the database's, except in tests.</summary>
    private readonly TimeProvider _time;

    private PostgresPromptStore(PostgresServer server, PostgresServer? listening, TimeSpan ageingStep, TimeProvider time)
    {
        _server = server;
        _time = time;
        _ageingStep = ageingStep;
        _readers = new(server);
        _feed = new(_recent, Notifier, ageingStep, time);
        _writer = new(server, new(server, _feed, time), _feed);
        _staging = new(AppendTextAsync);
        _longTexts = new((text, number, piece, cancellationToken) =>
            PromptResults.ReadPartAsync(_readers, text, number, piece, cancellationToken));
        _results = new(_readers, _longTexts);
        _leaseClocks = new(time);
        if (listening is not null)
        {
            _signal = new(server, listening, () =>
            {
                _feed.OnWrittenElsewhere();
                _writer.CatchUpSoon();
            });
            _writer.Committed = _signal.Send;
        }
    }

    /// <inheritdoc/>
    public ChangeNotifier Notifier { get; } = new();

    /// <summary>Opens the database, and creates or migrates its tables first where needed.</summary>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="listen">The connection string for LISTEN, which must not lead through a transaction pooler; null: changes of other
    /// instances are found by polling only.</param>
    /// <param name="time">This machine's clock.</param>
    /// <param name="ageingStep">How much of a head start a point of priority is; null: <see cref="QueueRank.DefaultAgeingStep"/>.</param>
    /// <param name="databaseClockRules">Whether times come from the database's clock; false in tests that set the time.</param>
    /// <param name="identity">The client id of the managed identity whose token is the password; null: the password is in the connection
    /// string.</param>
    /// <exception cref="StoreException">The database cannot be used. Nothing in it was changed.</exception>
    public static async Task<PostgresPromptStore> OpenAsync(
        string connectionString, string? listen, TimeProvider time, TimeSpan? ageingStep = null, bool databaseClockRules = true,
        string? identity = null)
    {
        var server = new PostgresServer(connectionString, identity);
        try
        {
            var clock = databaseClockRules ? new DatabaseClock(time) : time;
            await using (var connection = await server.OpenAsync(default))
            {
                await PostgresSchema.PrepareAsync(server, connection);
                if (clock is DatabaseClock database)
                    await database.ReadAsync(connection);
            }
            var listening = listen is null ? null : listen == connectionString ? server : new PostgresServer(listen, identity);
            var store = new PostgresPromptStore(server, listening, ageingStep ?? QueueRank.DefaultAgeingStep, clock);
            await store._writer.CatchUpAsync(default);
            return store;
        }
        catch (Exception exception)
        {
            await server.DisposeAsync();
            throw PostgresServer.IsFault(exception) ? server.Translate(exception) : exception;
        }
    }

    /// <summary>Finishes the pending writes, and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        // A container disposes of it once for each interface under which it is registered.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _writer.DisposeAsync();
        if (_signal is not null)
            await _signal.DisposeAsync();
        await _server.DisposeAsync();
        _staging.Dispose();
    }

    /// <summary>Runs one statement as a write, and reads its first row.</summary>
    internal Task<T?> WriteAsync<T>(
        Func<DateTimeOffset, NpgsqlBatchCommand> statement, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken,
        long size = 0, PromptKey? prompt = null, params IReadOnlyList<long> locks) =>
        WriteAsync(statement, read, _ => [], cancellationToken, size, prompt, locks);

    /// <summary>Runs statements as a write, and reads the first row of the first.</summary>
    private async Task<T?> WriteAsync<T>(
        Func<DateTimeOffset, NpgsqlBatchCommand> statement, Func<NpgsqlDataReader, T> read,
        Func<DateTimeOffset, IEnumerable<PostgresStatement>> others, CancellationToken cancellationToken,
        long size = 0, PromptKey? prompt = null, params IReadOnlyList<long> locks)
    {
        var result = default(T);
        await _writer.RunAsync(new(now =>
        {
            result = default;
            return [new(statement(now), row => result = read(row)), .. others(now)];
        })
        {
            Locks = locks,
            Size = size,
            Prompt = prompt,
        }, cancellationToken);
        return result;
    }

    private async Task<long> AppendTextAsync(long? text, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var parts = new List<byte[]>();
        for (var rest = bytes; rest.Length > 0; rest = rest[parts[^1].Length..])
            parts.Add(rest[..Math.Min(rest.Length, LongTextFormat.PartLength)].ToArray());
        var id = await WriteAsync(
            now => Call("append_text", Of(text), Of(number), Of((byte[]?[])[.. parts]),
                Of((long[])[.. parts.Select(part => Checksum.Of(part))]),
                Of((now + LongTextStaging.Patience).ToUnixTimeMilliseconds())),
            row => row.Int64OrNull(0), cancellationToken, bytes.Length);
        return id ?? throw StoreMessages.TooLate();
    }

    /// <summary>Converts a caller's time from this machine's clock to the clock for stored times.</summary>
    private DateTimeOffset TimeOf(DateTimeOffset time) => _time is DatabaseClock clock ? clock.Of(time) : time;
}
