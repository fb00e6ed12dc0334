using System.Text;
using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>Lists of prompts.</summary>
internal static class PromptList
{
    /// <summary>Enough bytes for the characters of any preview.</summary>
    private const int PreviewBytes = PromptSummary.PreviewLength * 4;

    private const string CountAll =
        $"""
        SELECT status, prompts + coalesce(since.added, 0) FROM {ProxySchema}.counts LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE becomes = counts.status) - count(*) FILTER (WHERE was = counts.status) AS added
            FROM {ProxySchema}.changes WHERE xact >= counts.xact AND was IS DISTINCT FROM becomes) AS since ON TRUE
        """;

    public static Task<PromptPage> ReadAsync(PostgresReaders readers, PromptQuery query, CancellationToken cancellationToken)
    {
        var (filter, values) = Filter(query);
        var page = Statement(
            $"""
            SELECT {PromptRow.Columns}, substring(payloads.prompt FROM 1 FOR {PreviewBytes})
            FROM (SELECT seq FROM {ProxySchema}.prompts{(query.Search is null ? "" : $" JOIN {ProxySchema}.payloads USING (seq)")}
                WHERE {filter} ORDER BY seq DESC LIMIT ${values.Count + 1} OFFSET ${values.Count + 2}) AS page
            JOIN {ProxySchema}.prompts USING (seq) JOIN {ProxySchema}.payloads USING (seq) ORDER BY seq DESC
            """,
            [.. values.Select(value => value()), Of(query.PageSize), Of((query.Page - 1L) * query.PageSize)]);
        // Page and total are read in one snapshot, so that they agree.
        return readers.ReadAsync(async rows =>
        {
            var prompts = await rows.ListAsync(ReadSummary, cancellationToken);
            await rows.NextResultAsync(cancellationToken);
            var total = (await rows.ListAsync(row => row.GetInt64(0), cancellationToken)).Sum();
            return new PromptPage(prompts, total);
        }, cancellationToken, Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), page, Total(query, filter, values),
            Statement("COMMIT"));
    }

    /// <summary>The prompts with these numbers, oldest first.</summary>
    public static async Task<IReadOnlyList<PromptSummary>> ReadAsync(
        PostgresReaders readers, IReadOnlyCollection<long> seqs, CancellationToken cancellationToken) => await readers.ListAsync(Statement(
        $"""
        SELECT {PromptRow.Columns}, substring(payloads.prompt FROM 1 FOR {PreviewBytes})
        FROM {ProxySchema}.prompts JOIN {ProxySchema}.payloads USING (seq) WHERE seq = ANY ($1) ORDER BY seq
        """,
        Of([.. seqs])), ReadSummary, cancellationToken);

    /// <summary>How many prompts have each status.</summary>
    public static async Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(
        PostgresReaders readers, Guid? batch, string? owner, CancellationToken cancellationToken)
    {
        var (filter, values) = Filter(new(1, 1) { Batch = batch, Owner = owner });
        var statement = batch is null && owner is null
            ? Statement(CountAll)
            : Statement($"SELECT status, count(*) FROM {ProxySchema}.prompts WHERE {filter} GROUP BY status",
                [.. values.Select(value => value())]);
        var counts = await readers.ListAsync(statement, row =>
            (Status: PromptStatusNames.Parse(row.GetString(0)), Prompts: row.GetInt64(1)), cancellationToken);
        return counts.ToDictionary(count => count.Status, count => count.Prompts);
    }

    private static NpgsqlBatchCommand Total(PromptQuery query, string filter, List<Func<NpgsqlParameter>> values) => query switch
    {
        { Model: null, Search: null, Batch: null, Owner: null, Status: null } =>
            Statement($"SELECT prompts FROM ({CountAll}) AS counted (status, prompts)"),
        { Model: null, Search: null, Batch: null, Owner: null } =>
            Statement($"SELECT prompts FROM ({CountAll}) AS counted (status, prompts) WHERE status = $1", Word(query.Status.Value.Name())),
        { Search: null } => Statement($"SELECT count(*) FROM {ProxySchema}.prompts WHERE {filter}", [.. values.Select(value => value())]),
        _ => Statement(
            $"SELECT count(*) FROM {ProxySchema}.prompts JOIN {ProxySchema}.payloads USING (seq) WHERE {filter}",
                [.. values.Select(value => value())]),
    };

    private static PromptSummary ReadSummary(NpgsqlDataReader row) => new(PromptRow.Read(row), PreviewOf(row.Bytes(PromptRow.Next)));

    /// <summary>The first characters of a text, counted as code points.</summary>
    private static string PreviewOf(byte[] beginning)
    {
        var preview = new StringBuilder();
        var left = PromptSummary.PreviewLength;
        for (var rest = beginning.AsSpan(); rest.Length > 0 && left > 0; left--)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var used) == System.Buffers.OperationStatus.NeedMoreData)
                break;
            preview.Append(rune);
            rest = rest[used..];
        }
        return preview.ToString();
    }

    private static (string Sql, List<Func<NpgsqlParameter>> Values) Filter(PromptQuery query)
    {
        var (conditions, values) = (new List<string> { "TRUE" }, new List<Func<NpgsqlParameter>>());
        if (query.Status is { } status)
            Add("status = $", () => Word(status.Name()));
        if (query.Model is { } model)
            Add("model = $", () => Utf8(model));
        if (query.Batch is { } batch)
            Add("batch = $", () => Of(batch));
        if (query.Owner is { } owner)
            Add("owner = $", () => Utf8(owner));
        if (query.Search is { } search)
        {
            // PostgreSQL's text cannot hold the character 0. It is searched as U+0001, which nobody types.
            conditions.Add($"seq IN (SELECT seq FROM {ProxySchema}.prompts ORDER BY seq DESC LIMIT {PromptQuery.SearchDepth})");
            Add($@"lower({ProxySchema}.readable(payloads.prompt) COLLATE ""C"") LIKE lower($ COLLATE ""C"") ESCAPE '\'",
                () => Word($"%{Patterns.Escape(search.Replace('\0', '\u0001'))}%"));
        }
        return (string.Join(" AND ", conditions), values);

        void Add(string condition, Func<NpgsqlParameter> value)
        {
            values.Add(value);
            conditions.Add(condition.Replace("$", $"${values.Count}", StringComparison.Ordinal));
        }
    }
}
