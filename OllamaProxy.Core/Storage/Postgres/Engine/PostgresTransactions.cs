using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// Commits writes on one connection. A transaction takes two round trips: its statements, then the commit together with a read of what
/// others wrote. The first returns the mark of the transaction: if the connection is lost during the commit, the server can be asked
/// whether it succeeded, so that no write is lost, repeated or left in doubt.
/// </summary>
internal sealed class PostgresTransactions(PostgresServer server, ChangeFeed feed, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long a batch is retried while its faults are transient.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan SumUpInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Unlocks what an instance holds that is cut off amid a transaction, unless the administrator has set a time.</summary>
    private const string LimitIdleness =
        """
        SELECT CASE current_setting('idle_in_transaction_session_timeout') WHEN '0'
            THEN set_config('idle_in_transaction_session_timeout', '10s', true) END
        """;

    private const string LockPrompts =
        $"""
        SELECT count(*) FROM (
            SELECT 1 FROM {ProxySchema}.prompts WHERE seq = ANY ($1) OR id = ANY ($2) ORDER BY seq FOR NO KEY UPDATE) AS locked
        """;

    private readonly Random _random = new();
    private NpgsqlConnection? _connection;
    private long? _summedUpAt;

    /// <summary>
    /// Commits writes in one transaction, and reads what others wrote. A write that fails by itself gets its fault, and the others are
    /// committed without it.
    /// </summary>
    /// <returns>Whether anything was committed.</returns>
    /// <exception cref="StoreException">Nothing was committed.</exception>
    public async Task<bool> CommitAsync(IReadOnlyList<PostgresWrite> writes)
    {
        var left = new List<PostgresWrite>(writes);
        var begunAt = TimeProvider.System.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var during = new Attempt(left);
            try
            {
                return await TryAsync(during);
            }
            catch (Exception exception) when (PostgresServer.IsFault(exception) || exception is StoreException)
            {
                if (during.IsCommitted)
                    return true; // Only the read after the commit failed.
                await GiveUpAsync(exception);
                if (during is { IsInDoubt: true, Mark: { } mark } && await CommitLookup.IsCommittedAsync(server, mark))
                {
                    feed.Forget();
                    return true;
                }
                var isTransient = exception is StoreException told ? told.IsTransient : PostgresServer.IsTransient(exception);
                // A connection that was lost late is made anew once: what took so long may have been that this process was stopped.
                var isOver = !isTransient || (TimeProvider.System.GetElapsedTime(begunAt) > Patience
                    && (attempt > 0 || exception is StoreException || !PostgresServer.IsLoss(exception)));
                if (isOver && during.Failed is { } failed && !PostgresServer.IsLoss(exception))
                {
                    failed.Fault = exception;
                    left.Remove(failed);
                    continue;
                }
                if (!isTransient && left.Count > 1)
                    return await CommitOneByOneAsync(left);
                if (isOver)
                    throw;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(20 << Math.Min(attempt, 5), 500) * (0.5 + _random.NextDouble())));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
    }

    /// <summary>Commits each write by itself, to find the one that fails.</summary>
    private async Task<bool> CommitOneByOneAsync(List<PostgresWrite> writes)
    {
        var any = false;
        foreach (var write in writes)
        {
            try
            {
                any |= await CommitAsync([write]);
            }
            catch (Exception exception) when (PostgresServer.IsFault(exception) || exception is StoreException)
            {
                write.Fault = exception;
            }
        }
        return any;
    }

    private async Task<bool> TryAsync(Attempt during)
    {
        _connection ??= await server.OpenAsync(default);
        var commands = during.Writes.Select(write => write.Statements(time.GetUtcNow())).ToList();
        var any = commands.Any(statements => statements.Count > 0);
        if (any)
            await RunAsync(_connection, during, commands);
        await using var batch = _connection.CreateBatch();
        if (any)
            batch.BatchCommands.Add(new("COMMIT"));
        foreach (var statement in feed.Statements())
            batch.BatchCommands.Add(statement);
        try
        {
            during.IsInDoubt = any && during.Mark is not null;
            await using var rows = await batch.ExecuteReaderAsync();
            during.IsCommitted = any;
            await feed.ReadAsync(rows);
            while (await rows.NextResultAsync())
            {
                // Read to the end: a fault of a later statement is thrown only when its result is reached.
            }
        }
        catch (Exception exception) when (PostgresServer.IsFault(exception))
        {
            // An error that the server sent says whether the commit was reached. Where the connection was lost, it is in doubt.
            if (exception is PostgresException { BatchCommand: { } failed })
                (during.IsCommitted, during.IsInDoubt) = (any && failed.CommandText != "COMMIT", false);
            await GiveUpAsync(exception);
            feed.Forget();
            throw;
        }
        return any;
    }

    private async Task RunAsync(NpgsqlConnection connection, Attempt during, List<IReadOnlyList<PostgresStatement>> commands)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new("BEGIN ISOLATION LEVEL READ COMMITTED"));
        batch.BatchCommands.Add(new(LimitIdleness));
        var locks = during.Writes.SelectMany(write => write.Locks).Distinct().Order().ToArray();
        if (locks.Length > 0)
            batch.BatchCommands.Add(Statement(
                "SELECT count(pg_advisory_xact_lock(lock)), set_config('ollama_proxy.lease_floor', $2, true) FROM unnest($1) AS lock",
                PostgresValues.Of(locks), PostgresValues.Word(feed.LeaseFloor.Current.Transaction)));
        // Rows that other instances may change as well are locked in ascending order, too, against deadlocks.
        var prompts = during.Writes.Select(write => write.Prompt).OfType<PromptKey>().Distinct().ToList();
        if (prompts.Count > 1)
            batch.BatchCommands.Add(Statement(LockPrompts,
                PostgresValues.Of((long[])[.. prompts.Select(prompt => prompt.Seq).OfType<long>()]),
                PostgresValues.Of((Guid[])[.. prompts.Select(prompt => prompt.Id).OfType<Guid>()])));
        foreach (var statement in commands.SelectMany(statements => statements))
            batch.BatchCommands.Add(statement.Command);
        if (_summedUpAt is not { } at || TimeProvider.System.GetElapsedTime(at) >= SumUpInterval)
        {
            batch.BatchCommands.Add(new($"SELECT 0 FROM {ProxySchema}.sum_up_counts(), {ProxySchema}.sum_up_usage()"));
            _summedUpAt = TimeProvider.System.GetTimestamp();
        }
        batch.BatchCommands.Add(new(TransactionMark.Query));
        try
        {
            await using var rows = await batch.ExecuteReaderAsync();
            await rows.NextResultAsync();
            if (locks.Length > 0)
                await rows.NextResultAsync();
            if (prompts.Count > 1)
                await rows.NextResultAsync();
            foreach (var (write, statements) in during.Writes.Zip(commands))
                await ReadAsync(rows, write, statements);
            do
            {
                // The mark is in the last result set.
                during.Mark = await rows.ReadAsync() ? TransactionMark.Read(rows) : null;
            }
            while (await rows.NextResultAsync());
        }
        catch (PostgresException exception) when (exception.BatchCommand is { } culprit)
        {
            var which = commands.FindIndex(statements => statements.Any(statement => statement.Command == culprit));
            during.Failed = which < 0 ? null : during.Writes[which];
            throw;
        }
    }

    private static async Task ReadAsync(NpgsqlDataReader rows, PostgresWrite write, IReadOnlyList<PostgresStatement> statements)
    {
        write.Fault = null;
        foreach (var statement in statements)
        {
            try
            {
                if (await rows.ReadAsync())
                    statement.Read(rows);
            }
            catch (Exception exception) when (!PostgresServer.IsFault(exception))
            {
                write.Fault ??= exception;
            }
            await rows.NextResultAsync();
        }
    }

    /// <summary>Rolls the transaction back, or closes the connection if it is lost.</summary>
    private async Task GiveUpAsync(Exception exception)
    {
        if (_connection is not { } connection)
            return;
        var isLost = PostgresServer.IsLoss(exception);
        if (!isLost)
        {
            try
            {
                await using var rollback = new NpgsqlCommand("ROLLBACK", connection);
                await rollback.ExecuteNonQueryAsync();
            }
            catch (Exception fault) when (PostgresServer.IsFault(fault) || fault is InvalidOperationException)
            {
                isLost = true;
            }
        }
        if (!isLost)
            return;
        _connection = null;
        await connection.DisposeAsync();
        server.Clear();
        feed.Forget(); // Another server may answer next, which knows neither these snapshots nor these transactions.
    }

    private sealed class Attempt(IReadOnlyList<PostgresWrite> writes)
    {
        public IReadOnlyList<PostgresWrite> Writes => writes;

        /// <summary>By what the transaction is known again; null: it wrote nothing.</summary>
        public TransactionMark? Mark { get; set; }

        /// <summary>Whether the commit was sent, and its outcome is not known.</summary>
        public bool IsInDoubt { get; set; }

        public bool IsCommitted { get; set; }

        /// <summary>The write whose statement failed; null: the failed statement belongs to no write.</summary>
        public PostgresWrite? Failed { get; set; }
    }
}
