using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The tables <c>load_options</c> and <c>truncations</c>, written in the transaction that submits or settles a prompt.</summary>
internal static class LoadRow
{
    /// <summary>The load options of a prompt, and how much of it the model was given, as columns of a query of <c>prompts</c>.</summary>
    public const string Columns =
        $"(SELECT options FROM {ProxySchema}.load_options WHERE load_options.seq = prompts.seq), "
        + $"(SELECT tokens FROM {ProxySchema}.truncations WHERE truncations.seq = prompts.seq)";

    /// <summary>Inserts the options of prompts that have just been submitted; an earlier prompt of the same id keeps its own.</summary>
    public static IEnumerable<PostgresStatement> Insert(IReadOnlyList<NewPrompt> prompts, IReadOnlyList<Prompt> drafts)
    {
        var some = prompts.Zip(drafts).Where(each => each.First.LoadOptions.Length > 0).ToList();
        if (some.Count == 0)
            return [];
        return
        [
            new(Statement(
                $"""
                INSERT INTO {ProxySchema}.load_options (seq, options)
                SELECT seq, options FROM unnest($1, $2, $3) AS each (id, options, submitted) JOIN {ProxySchema}.prompts USING (id)
                WHERE fingerprint IS NOT DISTINCT FROM submitted AND created_at = $4
                ON CONFLICT DO NOTHING RETURNING seq
                """,
                Of((Guid[])[.. some.Select(each => each.Second.Id)]), Words([.. some.Select(each => each.First.LoadOptions)]),
                Of([.. some.Select(each => each.First.Fingerprint?.ToArray())]), Of(drafts[0].CreatedAt)), _ => { }),
        ];
    }

    /// <summary>Notes that a prompt was cut that has just been completed, at this time; none: it was not cut.</summary>
    public static IEnumerable<PostgresStatement> Truncate(Lease lease, Settlement settlement, DateTimeOffset now)
    {
        if (settlement is not Settlement.Complete { Result.TruncatedTo: { } tokens })
            return [];
        return
        [
            new(Statement(
                $"""
                INSERT INTO {ProxySchema}.truncations (seq, tokens)
                SELECT seq, $2 FROM {ProxySchema}.prompts WHERE seq = $1 AND status = 'completed' AND completed_at = $3
                ON CONFLICT DO NOTHING RETURNING seq
                """,
                Of(lease.Seq), Of(tokens), Of(now)), _ => { }),
        ];
    }
}
