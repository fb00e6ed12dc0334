using Microsoft.Data.Sqlite;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>Lists of prompts.</summary>
internal static class PromptList
{
    public static PromptPage Read(SqliteConnection connection, PromptQuery query)
    {
        // One snapshot for both statements, so that the page and the total agree.
        using var transaction = connection.BeginTransaction(deferred: true);
        var filter = Filter(query);
        return new(ReadPage(connection, query, filter), Total(connection, query, filter));
    }

    /// <summary>How many prompts have each status.</summary>
    public static IReadOnlyDictionary<PromptStatus, long> Count(SqliteConnection connection, Guid? batch)
    {
        using var command = batch is null
            ? connection.Command("SELECT status, prompts FROM counts")
            : connection.Command("SELECT status, count(*) FROM prompts WHERE batch = $batch GROUP BY status", ("$batch", batch.ToString()));
        using var row = command.ExecuteReader();
        var counts = new Dictionary<PromptStatus, long>();
        while (row.Read())
            counts.Add(PromptStatusNames.Parse(row.GetString(0)), row.GetInt64(1));
        return counts;
    }

    private static long Total(SqliteConnection connection, PromptQuery query, string filter) =>
        query is { Model: null, Search: null, Batch: null }
            ? connection.Number("SELECT sum(prompts) FROM counts WHERE $status IS NULL OR status = $status", ("$status", query.Status?.Name()))
            : connection.Number($"SELECT count(*) FROM prompts WHERE {filter}", Parameters(query));

    private static List<PromptSummary> ReadPage(SqliteConnection connection, PromptQuery query, string filter)
    {
        using var command = connection.Command(
            $"""
            SELECT {PromptRow.Columns}, substr(prompt, 1, $preview) FROM prompts
            WHERE {filter} ORDER BY seq DESC LIMIT $limit OFFSET $offset
            """,
            [
                .. Parameters(query),
                ("$preview", PromptSummary.PreviewLength),
                ("$limit", query.PageSize),
                ("$offset", (query.Page - 1L) * query.PageSize),
            ]);
        using var row = command.ExecuteReader();
        var prompts = new List<PromptSummary>();
        while (row.Read())
            prompts.Add(new(PromptRow.Read(row), row.GetString(PromptRow.Next)));
        return prompts;
    }

    private static string Filter(PromptQuery query) => string.Join(" AND ", new[]
    {
        "TRUE",
        query.Status is null ? null : "status = $status",
        query.Model is null ? null : "model = $model",
        query.Batch is null ? null : "batch = $batch",
        query.Search is null ? null : $@"prompt LIKE $search ESCAPE '\' AND seq IN (SELECT seq FROM prompts ORDER BY seq DESC LIMIT {PromptQuery.SearchDepth})",
    }.OfType<string>());

    private static (string Name, object? Value)[] Parameters(PromptQuery query) =>
    [
        .. query.Status is { } status ? [("$status", status.Name())] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Model is { } model ? [("$model", model)] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Batch is { } batch ? [("$batch", batch.ToString())] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Search is { } search ? [("$search", $"%{EscapeLike(search)}%")] : ReadOnlySpan<(string, object?)>.Empty,
    ];

    private static string EscapeLike(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
