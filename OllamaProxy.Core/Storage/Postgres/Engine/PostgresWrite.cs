using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// A write that waits for its transaction, which it may share with others. It may be run more than once, after a rollback.
/// </summary>
/// <param name="Statements">Creates its statements, given the time of the database's clock; none: it only waits for the next read of what
/// others wrote.</param>
internal sealed record PostgresWrite(Func<DateTimeOffset, IReadOnlyList<PostgresStatement>> Statements)
{
    /// <summary>A write of nothing.</summary>
    public static PostgresWrite Nothing() => new(_ => []);

    /// <summary>The advisory locks that it needs; see <see cref="AdvisoryLock"/>.</summary>
    public IReadOnlyList<long> Locks { get; init; } = [];

    /// <summary>The prompt that it changes; null: it changes none, or skips rows that are locked by others.</summary>
    public PromptKey? Prompt { get; init; }

    /// <summary>Roughly how many bytes it sends.</summary>
    public long Size { get; init; }

    /// <summary>Completes when it is on disk, or fails with <see cref="Fault"/>.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why it was not written; null: it was, or has yet to be.</summary>
    public Exception? Fault { get; set; }

    public void Complete()
    {
        if (Fault is null)
            Done.SetResult();
        else
            Done.SetException(Fault);
    }
}

/// <summary>Identifies a prompt by its id or its number.</summary>
internal readonly record struct PromptKey(Guid? Id, long? Seq);

/// <summary>A statement of a write, with one result set.</summary>
/// <param name="Command">The statement.</param>
/// <param name="Read">Reads the first row; not called if there is none. What it throws is the fault of the write.</param>
internal readonly record struct PostgresStatement(NpgsqlBatchCommand Command, Action<NpgsqlDataReader> Read);
