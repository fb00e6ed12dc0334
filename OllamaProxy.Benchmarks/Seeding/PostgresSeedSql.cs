namespace OllamaProxy.Benchmarks.Seeding;

/// <summary>The statements that fill a database. They stand for those of <see cref="SeedSql"/>, and write about as many bytes.</summary>
internal static class PostgresSeedSql
{
    /// <summary>
    /// Neither the triggers of the tables nor their foreign keys are run: they would take most of the time. The counts are made anew at the
    /// end, by <see cref="Finish"/>.
    /// </summary>
    public const string Begin = "SET search_path = ollama_proxy; SET session_replication_role = replica; SET synchronous_commit = off";

    public const string Finish =
        """
        TRUNCATE changes;
        UPDATE counts SET prompts = (SELECT count(*) FROM prompts WHERE prompts.status = counts.status);
        SELECT setval(pg_get_serial_sequence('prompts', 'seq'), (SELECT coalesce(max(seq), 1) FROM prompts));
        """;

    /// <summary>A prompt every half second from the start of 2025 on, behind those that there are.</summary>
    public static string Plan(int count) =>
        $"""
        DROP TABLE IF EXISTS plan;
        CREATE TEMP TABLE plan AS
        SELECT seq, ms,
            overlay(overlay(md5(seq::text || random()) PLACING lpad(to_hex(ms), 12, '0') FROM 1) PLACING '7' FROM 13)::uuid AS id,
            to_timestamp(ms / 1000.0) AS created, to_timestamp(ms / 1000.0 + 3) AS started, to_timestamp(ms / 1000.0 + 5) AS ended
        FROM (SELECT seq, 1735689600000 + seq * 500 AS ms FROM (
            SELECT coalesce((SELECT max(seq) FROM prompts), 0) + number AS seq
            FROM generate_series(1, {count}) AS number) AS numbers) AS times;
        """;

    /// <summary>One in fifty failed, and one in fifty was cancelled.</summary>
    public const string Finished =
        $"""
        INSERT INTO prompts (seq, id, status, created_at, updated_at, started_at, completed_at, model, priority, rank, attempts, eval_count,
            error)
        SELECT seq, id, CASE seq % 50 WHEN 7 THEN 'failed' WHEN 8 THEN 'cancelled' ELSE 'completed' END,
            created, ended, started, ended, 'llama3.2', 0, ms, 1, 70, CASE seq % 50 WHEN 7 THEN 'model ''mistral'' not found'::bytea END
        FROM plan;
        {Payloads};
        INSERT INTO results (seq, result, done_reason, total_duration, load_duration, prompt_eval_count, prompt_eval_duration, eval_count,
            eval_duration)
        SELECT seq, {Result}, 'stop', 2000000000, 20000000, 30, 100000000, 70, 1800000000 FROM plan WHERE seq % 50 NOT IN (7, 8);
        INSERT INTO attempts (seq, number, backend, started_at, ended_at, error)
        SELECT seq, 1, 'http://localhost:11434', started, ended,
            CASE seq % 50 WHEN 7 THEN 'model ''mistral'' not found'::bytea END FROM plan
        """;

    /// <summary>Each with a lease that does not run out.</summary>
    public const string Processing =
        $"""
        INSERT INTO prompts (seq, id, status, created_at, updated_at, started_at, model, priority, rank, attempts)
        SELECT seq, id, 'processing', created, started, started, 'llama3.2', 0, ms, 1 FROM plan;
        {Payloads};
        INSERT INTO attempts (seq, number, backend, started_at) SELECT seq, 1, 'http://localhost:11434', started FROM plan;
        INSERT INTO leases (seq, token, slot, backend, expires_at) SELECT seq, id, id, '', 253402300799000 FROM plan
        """;

    public const string Queued =
        $"""
        INSERT INTO prompts (seq, id, status, created_at, updated_at, model, priority, rank)
        SELECT seq, id, 'queued', created, created, 'llama3.2', 0, ms FROM plan;
        {Payloads}
        """;

    /// <summary>Few tokens: where prompts are run, it is the way through the queue that is measured.</summary>
    private const string Payloads =
        $$$"""
        INSERT INTO payloads (seq, prompt, request) SELECT seq, {{{Prompt}}}, '{"options":{"simulator_tokens":3}}' FROM plan
        """;

    private const string Prompt =
        """
        convert_to(format('Prompt %s: what is the capital of France, how did it come by its name, and who lives there today?', seq), 'UTF8')
        """;

    private const string Result =
        """
        convert_to(format('The capital of France is Paris, and this is answer %s. It is named for the Parisii, a people of the Iron ' ||
            'Age who lived on the banks of the Seine. Two million people live in the city and more than twelve million around it, which ' ||
            'makes it the largest of the European Union; most of them came there for work.', seq), 'UTF8')
        """;
}
