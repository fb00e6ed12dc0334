using Npgsql;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The table <c>usage</c> and what was used since, together the view <c>used</c>.</summary>
internal static class UsageTable
{
    /// <summary>All rows, to be copied.</summary>
    public const string List =
        $"""
        SELECT day, owner, model, sum(prompts)::bigint, sum(failed)::bigint, sum(cancelled)::bigint, sum(prompt_tokens)::bigint,
            sum(tokens)::bigint, sum(milliseconds)::bigint
        FROM {ProxySchema}.used GROUP BY day, owner, model ORDER BY day, owner, model
        """;

    /// <summary>Sums it up, in the order of the keys.</summary>
    public static async Task<IReadOnlyList<UsageSum>> SumAsync(
        PostgresReaders readers, UsageQuery query, CancellationToken cancellationToken)
    {
        var key = UsageColumns.Of(query.By);
        return await readers.ListAsync(Statement(
            $"""
            SELECT {key}, ARRAY[{UsageColumns.Sums}]::bigint[] FROM {ProxySchema}.used
            WHERE day BETWEEN $1 AND $2 AND ($3::bytea IS NULL OR owner = $3) GROUP BY {key} ORDER BY {key}
            """,
            Word(UsageColumns.Of(query.From)), Word(UsageColumns.Of(query.To)), Utf8(query.Owner)), row =>
        {
            var sums = row.GetFieldValue<long[]>(1);
            return new UsageSum(query.By == UsageKey.Day ? row.GetString(0) : row.Utf8(0), sums[0], sums[1], sums[2], sums[3], sums[4],
                TimeSpan.FromMilliseconds(sums[5]));
        }, cancellationToken);
    }

    /// <summary>Reads a row of <see cref="List"/>.</summary>
    public static UsageRow Read(NpgsqlDataReader row) =>
        new(row.GetString(0), row.Utf8(1), row.Utf8(2), [.. Enumerable.Range(3, 6).Select(row.GetInt64)]);

    /// <summary>Puts a copied row in the place of what there is.</summary>
    public static NpgsqlBatchCommand Put(UsageRow row) => Statement(
        $"""
        INSERT INTO {ProxySchema}.usage ({UsageColumns.All}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (day, owner, model) DO UPDATE SET prompts = excluded.prompts, failed = excluded.failed, cancelled = excluded.cancelled,
            prompt_tokens = excluded.prompt_tokens, tokens = excluded.tokens, milliseconds = excluded.milliseconds
        """,
        [Word(row.Day), Utf8(row.Owner), Utf8(row.Model), .. row.Figures.Select(figure => Of((long?)figure))]);
}
