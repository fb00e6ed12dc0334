using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables.Owners;

/// <summary>
/// What owners have used of their limits: the tables <c>owner_minutes</c> and <c>owner_counts</c>, which triggers keep as well, and
/// <c>usage</c>.
/// </summary>
internal static class OwnerUseTable
{
    /// <summary>Counts a submission. It runs within a transaction of the writer.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="prompt">The prompt, or the first one of a batch.</param>
    /// <param name="submitted">How many prompts are submitted.</param>
    /// <param name="queued">How many of them are queued.</param>
    /// <param name="now">The time.</param>
    /// <returns>What is used with it; null: there is nothing to count.</returns>
    /// <exception cref="OverLimitException">A limit would be exceeded. Nothing is counted.</exception>
    public static OwnerUse? Take(SqliteSession session, NewPrompt prompt, long submitted, long queued, DateTimeOffset now)
    {
        if (prompt is not { Owner: { } owner, Limits: { AreCounted: true } limits })
            return null;
        var minute = OwnerUse.MinuteOf(now);
        var (before, current) = (Minute(session, owner, minute - 1), Minute(session, owner, minute));
        var use = new OwnerUse(
            now,
            submitted,
            limits.MaxQueued is null ? 0
                : session.Number("SELECT queued FROM owner_counts WHERE owner = $owner", ("$owner", owner)) + queued,
            new(before.Requests, current.Requests + submitted),
            new(before.Tokens, current.Tokens),
            limits.TokensPerDay is null ? 0 : session.Number(
                "SELECT sum(prompt_tokens + tokens) FROM usage WHERE day = $day AND owner = $owner",
                ("$day", UsageColumns.Of(DateOnly.FromDateTime(now.UtcDateTime))), ("$owner", owner)));
        OverLimitException.ThrowIfExceeded(limits, use);
        if (limits.RequestsPerMinute is not null)
            Count(session, owner, minute, submitted);
        return use;
    }

    private static (long Requests, long Tokens) Minute(SqliteSession session, string owner, long minute)
    {
        using var row = session.Query("SELECT requests, tokens FROM owner_minutes WHERE owner = $owner AND minute = $minute",
            ("$owner", owner), ("$minute", minute));
        return row.Read() ? (row.Int64(0), row.Int64(1)) : default;
    }

    private static void Count(SqliteSession session, string owner, long minute, long submitted)
    {
        session.Execute(
            """
            INSERT INTO owner_minutes VALUES ($owner, $minute, $requests, 0)
            ON CONFLICT (owner, minute) DO UPDATE SET requests = requests + excluded.requests
            """,
            ("$owner", owner), ("$minute", minute), ("$requests", submitted));
        session.Execute("DELETE FROM owner_minutes WHERE owner = $owner AND minute < $minute - 1", ("$owner", owner), ("$minute", minute));
    }
}
