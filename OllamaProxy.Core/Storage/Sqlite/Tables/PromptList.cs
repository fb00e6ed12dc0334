using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Sqlite.Tables.Owners;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>Lists and counts prompts.</summary>
internal static class PromptList
{
    public static PromptPage Read(SqliteSession session, PromptQuery query)
    {
        var filter = Filter(query);
        var page = default(PromptPage)!;
        session.InSnapshot(() =>
        {
            var total = Total(session, query, filter);
            page = new(IsByOwner(query) ? ReadOwned(session, query, total) : ReadPage(session, query, filter), total);
        });
        return page;
    }

    /// <summary>The prompts with these numbers, oldest first.</summary>
    public static IReadOnlyList<PromptSummary> Read(SqliteSession session, IReadOnlyCollection<long> seqs)
    {
        var prompts = new List<PromptSummary>();
        foreach (var seq in seqs.Order())
        {
            using var row = session.Query($"SELECT {PromptRow.Columns}, substr(prompt, 1, $preview) FROM prompts WHERE seq = $seq",
                ("$preview", PromptSummary.PreviewLength), ("$seq", seq));
            if (row.Read())
                prompts.Add(new(PromptRow.Read(row), row.Text(PromptRow.Next)));
        }
        return prompts;
    }

    /// <summary>How many prompts have each status.</summary>
    public static IReadOnlyDictionary<PromptStatus, long> Count(SqliteSession session, Guid? batch, string? owner)
    {
        if (batch is null && owner is not null)
            return OwnedPrompts.Count(session, owner);
        var query = new PromptQuery(1, 1) { Batch = batch, Owner = owner };
        using var row = batch is null
            ? session.Query("SELECT status, prompts FROM counts")
            : session.Query($"SELECT status, count(*) FROM prompts WHERE {Filter(query)} GROUP BY status", Parameters(query));
        var counts = new Dictionary<PromptStatus, long>();
        while (row.Read())
            counts.Add(PromptStatusNames.Parse(row.Text(0)), row.Int64(1));
        return counts;
    }

    private static long Total(SqliteSession session, PromptQuery query, string filter) => query switch
    {
        { Model: null, Search: null, Batch: null } => Count(session, null, query.Owner)
            .Where(count => query.Status is null || count.Key == query.Status).Sum(count => count.Value),
        _ when IsByOwner(query) => Owned(session, query).LongCount(),
        _ => session.Number($"SELECT count(*) FROM prompts WHERE {filter}", Parameters(query)),
    };

    private static List<PromptSummary> ReadPage(SqliteSession session, PromptQuery query, string filter)
    {
        var before = (query.Page - 1L) * query.PageSize;
        var start = IsFiltered(query) ? new PageStart(long.MaxValue, before) : PageStart.Find(session, before);
        // The inner query uses only an index, so that only the rows of the page are read.
        using var row = session.Query(
            $"""
            SELECT {PromptRow.Columns}, substr(prompt, 1, $preview)
            FROM (SELECT seq FROM prompts WHERE {filter} AND seq <= $seq ORDER BY seq DESC LIMIT $limit OFFSET $offset)
            JOIN prompts USING (seq) ORDER BY seq DESC
            """,
            [
                .. Parameters(query),
                ("$preview", PromptSummary.PreviewLength),
                ("$seq", start.Seq),
                ("$limit", query.PageSize),
                ("$offset", start.Offset),
            ]);
        var prompts = new List<PromptSummary>();
        while (row.Read())
            prompts.Add(new(PromptRow.Read(row), row.Text(PromptRow.Next)));
        return prompts;
    }

    /// <summary>Reads a page of the prompts of one owner, without looking for more than there are.</summary>
    private static IReadOnlyList<PromptSummary> ReadOwned(SqliteSession session, PromptQuery query, long total)
    {
        var before = (query.Page - 1L) * query.PageSize;
        var length = Math.Min(query.PageSize, total - before);
        return length <= 0 ? [] : [.. Read(session, [.. Owned(session, query).Skip((int)before).Take((int)length)]).Reverse()];
    }

    private static IEnumerable<long> Owned(SqliteSession session, PromptQuery query)
    {
        var rest = query with { Owner = null };
        return OwnedPrompts.NewestFirst(session, query.Owner!, Filter(rest), Parameters(rest));
    }

    /// <summary>Whether it is read by owner: a batch is mostly that of one owner, and a search reads the newest prompts.</summary>
    private static bool IsByOwner(PromptQuery query) => query is { Owner: not null, Search: null, Batch: null };

    private static bool IsFiltered(PromptQuery query) => query is not { Status: null, Model: null, Search: null, Batch: null, Owner: null };

    private static string Filter(PromptQuery query) => string.Join(" AND ", new[]
    {
        "TRUE",
        query.Status is null ? null : "status = $status",
        query.Model is null ? null : "model = $model",
        query.Batch is null ? null : "batch = $batch",
        query.Owner is null ? null : "owner = $owner",
        query.Search is null
            ? null
            : @"prompt LIKE $search ESCAPE '\' AND "
                + $"seq IN (SELECT seq FROM prompts ORDER BY seq DESC LIMIT {PromptQuery.SearchDepth})",
    }.OfType<string>());

    private static (string Name, object? Value)[] Parameters(PromptQuery query) =>
    [
        .. query.Status is { } status ? [("$status", status.Name())] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Model is { } model ? [("$model", model)] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Batch is { } batch ? [("$batch", batch.ToString())] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Owner is { } owner ? [("$owner", owner)] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Search is { } search ? [("$search", $"%{Patterns.Escape(search)}%")] : ReadOnlySpan<(string, object?)>.Empty,
    ];
}
