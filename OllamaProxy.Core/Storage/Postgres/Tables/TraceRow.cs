using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The table <c>traces</c>, written in the transaction that submits a prompt. Most have no trace.</summary>
internal static class TraceRow
{
    /// <summary>The prompt's <c>traceparent</c>, as a column of a query of <c>prompts</c>.</summary>
    public const string Column = $"(SELECT traceparent FROM {ProxySchema}.traces WHERE traces.seq = prompts.seq)";

    /// <summary>Inserts the traces of prompts that have just been submitted; an earlier prompt of the same id keeps its own.</summary>
    public static IEnumerable<PostgresStatement> Insert(IReadOnlyList<NewPrompt> prompts, IReadOnlyList<Prompt> drafts)
    {
        var some = prompts.Zip(drafts).Where(each => each.First.TraceParent is not null).ToList();
        if (some.Count == 0)
            return [];
        return
        [
            new(Statement(
                $"""
                INSERT INTO {ProxySchema}.traces (seq, traceparent)
                SELECT seq, parent FROM unnest($1, $2, $3) AS each (id, parent, submitted) JOIN {ProxySchema}.prompts USING (id)
                WHERE fingerprint IS NOT DISTINCT FROM submitted AND created_at = $4
                ON CONFLICT DO NOTHING RETURNING seq
                """,
                Of((Guid[])[.. some.Select(each => each.Second.Id)]), Words([.. some.Select(each => each.First.TraceParent!)]),
                Of([.. some.Select(each => each.First.Fingerprint?.ToArray())]), Of(drafts[0].CreatedAt)), _ => { }),
        ];
    }
}
