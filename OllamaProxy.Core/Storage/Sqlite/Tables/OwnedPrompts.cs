using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// Finds the prompts of one owner by the indexes <c>prompts_by_owner</c>, of those that ended, and <c>prompts_open_by_owner</c>, of the
/// others. The latter has 512 numbers in a block, and by owner only within it.
/// </summary>
/// <param name="session">The connection, in a snapshot.</param>
/// <param name="owner">The owner.</param>
/// <param name="filter">What else must hold of a prompt, in SQL.</param>
/// <param name="values">The values of the filter.</param>
internal sealed class OwnedPrompts(SqliteSession session, string owner, string filter, (string Name, object? Value)[] values)
{
    private const string HasEnded = "owner IS NOT NULL AND status IN ('completed', 'failed', 'cancelled')";
    private const string IsOpen = "owner IS NOT NULL AND status IN ('queued', 'processing')";

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
    public long Count() => Open().LongCount()
        + session.Number($"SELECT count(*) FROM prompts WHERE owner = $owner AND {HasEnded} AND {filter}", [("$owner", owner), .. values]);

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
        using var row = session.Query(
            $"SELECT seq FROM prompts WHERE owner = $owner AND {HasEnded} AND {filter} ORDER BY seq DESC", [("$owner", owner), .. values]);
        while (row.Read())
            yield return row.Int64(0);
    }

    private IEnumerable<long> Open()
    {
        for (var block = BlockBefore(long.MaxValue); block is { } number; block = BlockBefore(number))
        {
            using var row = session.Query(
                $"SELECT seq FROM prompts WHERE seq >> 9 = $block AND owner = $owner AND {IsOpen} AND {filter} ORDER BY seq DESC",
                [("$block", number), ("$owner", owner), .. values]);
            while (row.Read())
                yield return row.Int64(0);
        }
    }

    private long? BlockBefore(long block) =>
        session.NumberOrNull($"SELECT max(seq >> 9) FROM prompts WHERE seq >> 9 < $block AND {IsOpen}", ("$block", block));
}
