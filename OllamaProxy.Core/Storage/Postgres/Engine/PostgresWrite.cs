using Npgsql;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// A write that waits for its transaction, which it may share with others. It may be run more than once: what was run before was undone.
/// </summary>
/// <param name="Statements">Its statements, at a time of the database's; none: it only waits for what others wrote.</param>
internal sealed record PostgresWrite(Func<DateTimeOffset, IReadOnlyList<PostgresStatement>> Statements)
{
    /// <summary>A write of nothing.</summary>
    public static PostgresWrite Nothing() => new(_ => []);

    /// <summary>What nobody else may do at the same time, as numbers of PostgreSQL's advisory locks.</summary>
    public IReadOnlyList<long> Locks { get; init; } = [];

    /// <summary>The prompt that it changes, by its id or number; null: none, or it passes over those that others have in hand.</summary>
    public PromptKey? Prompt { get; init; }

    /// <summary>About how many bytes it sends.</summary>
    public long Size { get; init; }

    /// <summary>Completes when it is on disk, or with why it is not.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why it is not written.</summary>
    public Exception? Fault { get; set; }

    public void Complete()
    {
        if (Fault is null)
            Done.SetResult();
        else
            Done.SetException(Fault);
    }
}

/// <summary>A prompt, by its id or its number.</summary>
internal readonly record struct PromptKey(Guid? Id, long? Seq);

/// <summary>A statement of a write; it answers with one set of rows.</summary>
/// <param name="Command">The statement.</param>
/// <param name="Read">Reads the first row; what it throws is what becomes of the write. Not called where there is none.</param>
internal readonly record struct PostgresStatement(NpgsqlBatchCommand Command, Action<NpgsqlDataReader> Read);
