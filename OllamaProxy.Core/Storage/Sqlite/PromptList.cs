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
        var total = connection.Number($"SELECT count(*) FROM prompts WHERE {filter}", Parameters(query));
        return new(ReadPage(connection, query, filter), total);
    }

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
        query.Search is null ? null : $@"prompt LIKE $search ESCAPE '\' AND seq IN (SELECT seq FROM prompts ORDER BY seq DESC LIMIT {PromptQuery.SearchDepth})",
    }.OfType<string>());

    private static (string Name, object? Value)[] Parameters(PromptQuery query) =>
    [
        .. query.Status is { } status ? [("$status", status.Name())] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Model is { } model ? [("$model", model)] : ReadOnlySpan<(string, object?)>.Empty,
        .. query.Search is { } search ? [("$search", $"%{EscapeLike(search)}%")] : ReadOnlySpan<(string, object?)>.Empty,
    ];

    private static string EscapeLike(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
