using Npgsql;
using OllamaProxy.Batches;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>
/// The columns <c>callback_url</c> and <c>callback_events</c>, written in the transaction that submits prompts or makes a batch. Most have
/// none, and older instances go on calling the functions that know nothing of them.
/// </summary>
internal static class CallbackRow
{
    /// <summary>Writes those of prompts that have just been submitted; an earlier prompt of the same id keeps its own.</summary>
    public static IEnumerable<PostgresStatement> Add(IReadOnlyList<NewPrompt> prompts, IReadOnlyList<Prompt> drafts)
    {
        var some = prompts.Zip(drafts).Where(each => each.First.Callback is not null).ToList();
        if (some.Count == 0)
            return [];
        return
        [
            new(Statement(
                $"""
                UPDATE {ProxySchema}.prompts SET callback_url = each.url, callback_events = each.events
                FROM unnest($1, $2, $3, $4) AS each (id, url, events, submitted)
                WHERE prompts.id = each.id AND fingerprint IS NOT DISTINCT FROM each.submitted AND prompts.created_at = $5
                    AND callback_url IS NULL RETURNING seq
                """,
                Of((Guid[])[.. some.Select(each => each.Second.Id)]), Words([.. some.Select(each => each.First.Callback!.Url)]),
                Words([.. some.Select(each => each.First.Callback!.Events)]),
                Of([.. some.Select(each => each.First.Fingerprint?.ToArray())]), Of(drafts[0].CreatedAt)), _ => { }),
        ];
    }

    /// <summary>Writes that of a batch that has just been made.</summary>
    public static IEnumerable<PostgresStatement> Add(NewBatch batch) => batch.Callback is not { } callback ? [] :
    [
        new(Statement(
            $"UPDATE {ProxySchema}.batches SET callback_url = $2, callback_events = $3 WHERE id = $1 RETURNING seq",
            Of((Guid?)batch.Id), Word(callback.Url), Word(callback.Events)), _ => { }),
    ];

    /// <summary>Reads both columns, of which the address is the first; null: there is none.</summary>
    public static Callback? Read(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : new(row.GetString(column), row.GetString(column + 1));
}
