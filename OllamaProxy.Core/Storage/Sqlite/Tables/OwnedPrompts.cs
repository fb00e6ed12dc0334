using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Finds the prompts of one owner by the indexes <c>prompts_by_owner</c>, of those that ended, and <c>prompts_open_by_owner</c>, of the
/// others. The latter has 512 numbers in a block, and by owner only within it.
/// </summary>
/// <param name="session">The connection, in a snapshot.</param>
/// <param name="owner">The owner.</param>
/// <param name="status">The status that they must have; null: any.</param>
/// <param name="filter">What must hold of a prompt, in SQL; the status included.</param>
/// <param name="values">The values of the filter.</param>
internal sealed class OwnedPrompts(
    SqliteSession session, string owner, PromptStatus? status, string filter, (string Name, object? Value)[] values)
{
    // SQLite would choose other indexes for some of these queries, and then read all prompts of a status or of a model.
    private const string EndedOnes =
        "prompts INDEXED BY prompts_by_owner WHERE owner IS NOT NULL AND status IN ('completed', 'failed', 'cancelled')";
    private const string OpenOnes =
        "prompts INDEXED BY prompts_open_by_owner WHERE owner IS NOT NULL AND status IN ('queued', 'processing')";

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

    /// <summary>How many prompts match the filter.</summary>
    public long Count() => Open().LongCount() + (status?.HasEnded() == false ? 0
        : session.Number($"SELECT count(*) FROM {EndedOnes} AND owner = $owner AND {filter}", [("$owner", owner), .. values]));

    /// <summary>The numbers of the prompts that match the filter, newest first.</summary>
    public IEnumerable<long> NewestFirst()
    {
        using var open = Open().GetEnumerator();
        using var ended = Ended().GetEnumerator();
        var (isOpen, hasEnded) = (open.MoveNext(), ended.MoveNext());
        while (isOpen || hasEnded)
            if (!hasEnded || (isOpen && open.Current > ended.Current))
            {
                yield return open.Current;
                isOpen = open.MoveNext();
            }
            else
            {
                yield return ended.Current;
                hasEnded = ended.MoveNext();
            }
    }

    private IEnumerable<long> Ended()
    {
        if (status?.HasEnded() == false)
            yield break;
        using var row = session.Query(
            $"SELECT seq FROM {EndedOnes} AND owner = $owner AND {filter} ORDER BY seq DESC", [("$owner", owner), .. values]);
        while (row.Read())
            yield return row.Int64(0);
    }

    private IEnumerable<long> Open()
    {
        if (status?.HasEnded() == true)
            yield break;
        for (var block = BlockBefore(long.MaxValue); block is { } number; block = BlockBefore(number))
        {
            using var row = session.Query(
                $"SELECT seq FROM {OpenOnes} AND seq >> 9 = $block AND owner = $owner AND {filter} ORDER BY seq DESC",
                [("$block", number), ("$owner", owner), .. values]);
            while (row.Read())
                yield return row.Int64(0);
        }
    }

    private long? BlockBefore(long block) =>
        session.NumberOrNull($"SELECT seq >> 9 FROM {OpenOnes} AND seq >> 9 < $block ORDER BY seq >> 9 DESC LIMIT 1", ("$block", block));
}
