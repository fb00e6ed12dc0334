using System.Text;
using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Caching;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>Reads what happened to prompts, and what runs.</summary>
internal static class PromptHistory
{
    /// <summary>
    /// When the attempt before the one of <c>started_at</c> ended, or the last attempt if <c>started_at</c> is NULL; NULL: there was none.
    /// </summary>
    private const string EarlierEnd =
        $"""
        (SELECT max(ended_at) FROM {ProxySchema}.attempts
            WHERE attempts.seq = prompts.seq AND attempts.started_at < coalesce(prompts.started_at, 'infinity'))
        """;

    private static readonly string Ended =
        $"""
        SELECT status, created_at, started_at, completed_at, eval_count, attempts, {EarlierEnd} FROM {ProxySchema}.prompts
        WHERE completed_at >= $1 AND ($2::bytea IS NULL OR owner = $2) ORDER BY completed_at DESC LIMIT {QueueHistory.MaxPrompts}
        """;

    private static readonly string Served =
        $"""
        SELECT account, model, created_at, started_at, prompt_eval_count, eval_count FROM {ProxySchema}.prompts
        WHERE completed_at >= $1 AND started_at IS NOT NULL ORDER BY completed_at DESC LIMIT {ServedPrompt.MaxPrompts}
        """;

    /// <summary>A queued prompt that has had an attempt was last changed when it was queued again.</summary>
    private static readonly string Waiting =
        $"""
        SELECT created_at, CASE WHEN updated_at > created_at
            AND EXISTS (SELECT 1 FROM {ProxySchema}.attempts WHERE attempts.seq = prompts.seq) THEN updated_at END
        FROM {ProxySchema}.prompts WHERE status = 'queued' AND ($1::bytea IS NULL OR owner = $1)
        ORDER BY seq DESC LIMIT {QueueHistory.MaxWaiting}
        """;

    private static readonly string Running =
        $"""
        SELECT created_at, started_at, attempts, {EarlierEnd}, id, model, owner,
            (SELECT backend FROM {ProxySchema}.attempts WHERE attempts.seq = prompts.seq AND ended_at IS NULL LIMIT 1)
        FROM {ProxySchema}.prompts WHERE status = 'processing' AND started_at IS NOT NULL
            AND ($1::bytea IS NULL OR owner = $1)
        ORDER BY seq DESC LIMIT {QueueHistory.MaxPrompts}
        """;

    private static readonly string MeanRun =
        $"""
        SELECT avg(seconds)::double precision FROM (
            SELECT extract(epoch FROM ended_at - started_at) AS seconds
            FROM (SELECT id, started_at, ended_at, error FROM {ProxySchema}.attempts ORDER BY id DESC LIMIT 100) AS late
            WHERE ended_at IS NOT NULL AND error IS NULL ORDER BY id DESC LIMIT 10) AS last
        """;

    /// <summary>What is not seen yet was made by a transaction that was under way, or is to come.</summary>
    private const string NextFloor =
        $"""
        SELECT least(pg_snapshot_xmin(pg_current_snapshot()),
            (SELECT xact FROM {ProxySchema}.leases WHERE xact >= $1::text::xid8 ORDER BY xact LIMIT 1))::text
        """;

    private const string Leases =
        $"""
        SELECT seq, worker, slot, backend, model, options, account, priority
        FROM {ProxySchema}.leases LEFT JOIN {ProxySchema}.prompts USING (seq) LEFT JOIN {ProxySchema}.load_options USING (seq)
        WHERE leases.xact >= $1::text::xid8
        """;

    private const string QueuedOfOwner =
        $"SELECT count(*) FROM {ProxySchema}.prompts WHERE owner = $1 AND status = 'queued'";

    /// <summary>Reads what happened since a time, to the prompts of one owner or of all.</summary>
    public static Task<QueueHistory> ReadAsync(
        PostgresReaders readers, DateTimeOffset since, string? owner, CancellationToken cancellationToken) =>
        readers.ReadAsync(async rows =>
    {
        var ended = await rows.ListAsync(ReadEnded, cancellationToken);
        await rows.NextResultAsync(cancellationToken);
        var waiting = await rows.ListAsync(row => (CreatedAt: row.Time(0), QueuedAt: row.TimeOrNull(1) ?? row.Time(0)), cancellationToken);
        await rows.NextResultAsync(cancellationToken);
        var running = await rows.ListAsync(ReadRunning, cancellationToken);
        await rows.NextResultAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var queued = rows.GetInt64(0);
        return new QueueHistory(ended, [.. waiting.Select(each => each.QueuedAt).Where(queuedAt => queuedAt >= since)], running)
        {
            Queued = queued,
            WaitingSince = waiting.Count < QueueHistory.MaxWaiting ? null : waiting[^1].CreatedAt,
        };
    }, cancellationToken, Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), Statement(Ended, Of(since), Utf8(owner)),
        Statement(Waiting, Utf8(owner)), Statement(Running, Utf8(owner)),
        owner is null ? Call("count_of", Word(PromptStatus.Queued.Name())) : Statement(QueuedOfOwner, Utf8(owner)), Statement("COMMIT"));

    /// <summary>Reads what was served since a time.</summary>
    public static async Task<IReadOnlyList<ServedPrompt>> ReadServedAsync(
        PostgresReaders readers, DateTimeOffset since, CancellationToken cancellationToken) =>
        await readers.ListAsync(Statement(Served, Of(since)), row => new ServedPrompt(
            row.TextOrNull(0) ?? "", row.Utf8(1), row.Time(2), row.Time(3), row.Int64OrNull(4), row.Int64OrNull(5)), cancellationToken);

    /// <summary>The mean duration of the last ten successful attempts among the last hundred; null: there was none.</summary>
    public static Task<TimeSpan?> MeanRunAsync(PostgresReaders readers, CancellationToken cancellationToken) =>
        readers.FirstAsync(Statement(MeanRun), row =>
            row.RealOrNull(0) is { } seconds ? TimeSpan.FromSeconds(Math.Max(seconds, 0)) : default(TimeSpan?), cancellationToken);

    public static async Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(PostgresReaders readers, Guid id,
        CancellationToken cancellationToken) => await readers.ListAsync(Statement(
            $"""
            SELECT number, backend, started_at, ended_at, error FROM {ProxySchema}.attempts
            WHERE seq = (SELECT seq FROM {ProxySchema}.prompts WHERE id = $1) ORDER BY id
            """,
            Of(id)), row => new AttemptRecord(row.GetInt32(0), row.Utf8(1), row.Time(2), row.TimeOrNull(3), row.TextOrNull(4)),
                cancellationToken);

    /// <summary>What runs; raises the floor to where the next look may begin.</summary>
    public static async Task<RunningLeases> ReadLeasesAsync(
        PostgresReaders readers, LeaseFloor floor, CancellationToken cancellationToken)
    {
        var (from, generation) = floor.Current;
        return await readers.ReadAsync(async rows =>
        {
            await rows.ReadAsync(cancellationToken);
            var next = rows.GetString(0);
            await rows.NextResultAsync(cancellationToken);
            var leases = await rows.ListAsync(row => (Seq: row.GetInt64(0), Lease: ReadLease(row)), cancellationToken);
            floor.Raise(next, generation);
            return new RunningLeases([.. leases.Select(each => each.Lease)], leases.Select(each => each.Seq).ToHashSet());
        }, cancellationToken, Statement(NextFloor, Word(from)), Statement(Leases, Word(from)));
    }

    /// <summary>
    /// Reads what the prompt's running attempt has generated beyond an offset, up to about <see cref="LongTextFormat.PartLength"/>
    /// characters.
    /// </summary>
    public static Task<TextChunk> ReadGeneratedAsync(PostgresReaders readers, Prompt prompt, TextOffset after,
        CancellationToken cancellationToken) => readers.ReadAsync(async rows =>
    {
        TextOffset? start = null;
        var (text, thinking) = (new StringBuilder(), new StringBuilder());
        while (text.Length + thinking.Length < LongTextFormat.PartLength && await rows.ReadAsync(cancellationToken))
        {
            var (part, thought) = (rows.Utf8(2), rows.Utf8(3));
            start ??= new(rows.GetInt32(0) - part.Length, rows.GetInt32(1) - thought.Length);
            text.Append(part);
            thinking.Append(thought);
        }
        return start is { } offset ? new TextChunk(offset, text.ToString(), thinking.ToString()).After(after) : new(after, "", "");
    }, cancellationToken, Statement(
        $"""
        SELECT text_end, thinking_end, text, thinking FROM {ProxySchema}.chunks
        WHERE seq = $1 AND (text_end > $2 OR thinking_end > $3)
            AND EXISTS (SELECT 1 FROM {ProxySchema}.prompts WHERE prompts.seq = chunks.seq AND started_at = $4)
        ORDER BY text_end, thinking_end LIMIT 256
        """,
        Of(prompt.Seq), Of(after.Text), Of(after.Thinking), Of(prompt.StartedAt)));

    private static RunningLease ReadLease(NpgsqlDataReader row) =>
        new(row.UuidOrNull(1), row.GetGuid(2).ToString(), row.Utf8(3), row.TextOrNull(4))
        {
            LoadOptions = row.IsDBNull(5) ? "" : row.GetString(5),
            Account = row.TextOrNull(6) ?? "",
            Priority = row.Int32OrNull(7) ?? 0,
        };

    private static EndedPrompt ReadEnded(NpgsqlDataReader row)
    {
        var (createdAt, startedAt, completedAt) = (row.Time(1), row.TimeOrNull(2), row.Time(3));
        var isFirst = row.GetInt32(5) <= (startedAt is null ? 0 : 1);
        return new(PromptStatusNames.Parse(row.GetString(0)), createdAt, startedAt, completedAt, row.Int64OrNull(4))
        {
            QueuedAt = LastWait.Since(createdAt, row.TimeOrNull(6), isFirst, startedAt ?? completedAt),
        };
    }

    private static RunningPrompt ReadRunning(NpgsqlDataReader row)
    {
        var (createdAt, startedAt) = (row.Time(0), row.Time(1));
        var queuedAt = LastWait.Since(createdAt, row.TimeOrNull(3), isFirst: row.GetInt32(2) <= 1, startedAt);
        return new(createdAt, startedAt)
        {
            Id = row.GetGuid(4),
            Model = row.Utf8(5) is { Length: > 0 } model ? model : null,
            Owner = row.TextOrNull(6),
            Backend = row.TextOrNull(7),
            Attempt = row.GetInt32(2),
            QueuedAt = queuedAt,
        };
    }
}
