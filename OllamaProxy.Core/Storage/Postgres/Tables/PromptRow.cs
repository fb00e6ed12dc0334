using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>A row of the table <c>prompts</c> as a <see cref="Prompt"/>.</summary>
internal static class PromptRow
{
    /// <summary>The columns that <see cref="Read"/> takes, in its order.</summary>
    public const string Columns =
        "prompts.seq, prompts.id, prompts.status, prompts.created_at, prompts.updated_at, prompts.started_at, prompts.completed_at, "
        + "prompts.model, prompts.priority, prompts.rank, prompts.attempts, prompts.max_attempts, prompts.error, prompts.batch, "
        + "prompts.expires_at, prompts.available_at, prompts.endpoint, prompts.owner, prompts.account, "
        + LoadRow.Columns + ", " + TraceRow.Column;

    /// <summary>The index of the first column after <see cref="Columns"/>.</summary>
    public const int Next = 22;

    public static NpgsqlBatchCommand Find(Guid id) =>
        Statement($"SELECT {Columns} FROM {ProxySchema}.prompts WHERE id = $1", PostgresValues.Of(id));

    public static NpgsqlBatchCommand Find(long seq) =>
        Statement($"SELECT {Columns} FROM {ProxySchema}.prompts WHERE seq = $1", PostgresValues.Of(seq));

    public static Prompt Read(NpgsqlDataReader row) => new()
    {
        Seq = row.GetInt64(0),
        Id = row.GetGuid(1),
        Status = PromptStatusNames.Parse(row.GetString(2)),
        CreatedAt = row.Time(3),
        UpdatedAt = row.Time(4),
        StartedAt = row.TimeOrNull(5),
        CompletedAt = row.TimeOrNull(6),
        Model = row.Utf8(7) is { Length: > 0 } model ? model : null,
        Priority = row.GetInt32(8),
        Rank = row.GetInt64(9),
        Attempts = row.GetInt32(10),
        MaxAttempts = row.Int32OrNull(11),
        Error = row.TextOrNull(12),
        Batch = row.UuidOrNull(13),
        ExpiresAt = row.Int64OrNull(14) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null,
        AvailableAt = row.GetInt64(15) is > 0 and var due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null,
        Endpoint = row.TextOrNull(16),
        Owner = row.TextOrNull(17),
        Account = row.TextOrNull(18),
        LoadOptions = row.IsDBNull(19) ? "" : row.GetString(19),
        TruncatedTo = row.Int64OrNull(20),
        TraceParent = row.IsDBNull(21) ? null : row.GetString(21),
    };
}
