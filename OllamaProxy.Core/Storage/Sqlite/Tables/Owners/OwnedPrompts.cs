using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables.Owners;

/// <summary>
/// Finds the prompts of one owner by the index <c>prompts_by_owner</c>, which is by block of 1,024 numbers first, and by owner within each.
/// A block without a prompt of the owner takes a few microseconds; how many prompts there are is counted by triggers, so that none are
/// looked for in vain.
/// </summary>
internal static class OwnedPrompts
{
    // SQLite would choose other indexes for some of these queries, and then read all prompts of a status or of a model.
    private const string Owned = "prompts INDEXED BY prompts_by_owner WHERE owner IS NOT NULL";

    /// <summary>How many prompts of an owner have each status.</summary>
    public static IReadOnlyDictionary<PromptStatus, long> Count(SqliteSession session, string owner)
    {
        using var row = session.Query(
            $"SELECT {string.Join(", ", PromptStatusNames.All)} FROM owner_counts WHERE owner = $owner", ("$owner", owner));
        var counts = new Dictionary<PromptStatus, long>();
        if (row.Read())
            foreach (var status in Enum.GetValues<PromptStatus>())
                if (row.Int64((int)status) is > 0 and var prompts)
                    counts.Add(status, prompts);
        return counts;
    }

    /// <summary>The numbers of prompts, newest first.</summary>
    /// <param name="session">The connection, in a snapshot.</param>
    /// <param name="owner">Whose prompts.</param>
    /// <param name="filter">What else must hold of a prompt, in SQL.</param>
    /// <param name="values">The values of the filter.</param>
    public static IEnumerable<long> NewestFirst(
        SqliteSession session, string owner, string filter, IReadOnlyList<(string Name, object? Value)> values)
    {
        for (var block = BlockBefore(session, long.MaxValue); block is { } number; block = BlockBefore(session, number))
        {
            using var row = session.Query(
                $"SELECT seq FROM {Owned} AND seq >> 10 = $block AND owner = $owner AND {filter} ORDER BY seq DESC",
                [("$block", number), ("$owner", owner), .. values]);
            while (row.Read())
                yield return row.Int64(0);
        }
    }

    private static long? BlockBefore(SqliteSession session, long block) => session.NumberOrNull(
        $"SELECT seq >> 10 FROM {Owned} AND seq >> 10 < $block ORDER BY seq >> 10 DESC LIMIT 1", ("$block", block));
}
