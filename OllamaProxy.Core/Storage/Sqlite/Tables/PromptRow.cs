using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Maps rows of the table <c>prompts</c>, without the texts, to <see cref="Prompt"/>.</summary>
internal static class PromptRow
{
    /// <summary>The columns that <see cref="Read"/> expects, in this order.</summary>
    public const string Columns =
        "seq, id, status, created_at, updated_at, started_at, completed_at, model, priority, "
        + "rank, attempts, max_attempts, error, batch, expires_at, available_at, owner, account, "
        + "(SELECT endpoint FROM calls WHERE calls.seq = prompts.seq), " + LoadTable.Columns + ", " + TraceTable.Column;

    /// <summary>The index of the first column after <see cref="Columns"/>.</summary>
    public const int Next = 22;

    public static Prompt? Find(SqliteSession session, Guid id)
    {
        using var row = session.Query($"SELECT {Columns} FROM prompts WHERE id = $id", ("$id", id.ToString()));
        return row.Read() ? Read(row) : null;
    }

    public static Prompt Read(SqliteStatement row) => new()
    {
        Seq = row.Int64(0),
        Id = Guid.Parse(row.Text(1)),
        Status = PromptStatusNames.Parse(row.Text(2)),
        CreatedAt = SqliteTime.Read(row.Text(3)),
        UpdatedAt = SqliteTime.Read(row.Text(4)),
        StartedAt = SqliteTime.ReadOrNull(row.TextOrNull(5)),
        CompletedAt = SqliteTime.ReadOrNull(row.TextOrNull(6)),
        Model = row.TextOrNull(7) is { Length: > 0 } model ? model : null,
        Priority = row.Int32(8),
        Rank = row.Int64(9),
        Attempts = row.Int32(10),
        MaxAttempts = row.Int32OrNull(11),
        Error = row.TextOrNull(12),
        Batch = row.TextOrNull(13) is { } batch ? Guid.Parse(batch) : null,
        ExpiresAt = row.Int64OrNull(14) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null,
        AvailableAt = row.Int64(15) is > 0 and var due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null,
        Owner = row.TextOrNull(16),
        Account = row.TextOrNull(17),
        Endpoint = row.TextOrNull(18),
        LoadOptions = row.TextOrNull(19) ?? "",
        TruncatedTo = row.Int64OrNull(20),
        TraceParent = row.TextOrNull(21),
    };
}
