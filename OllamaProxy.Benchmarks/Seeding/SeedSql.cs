namespace OllamaProxy.Benchmarks.Seeding;

/// <summary>The statements that fill a file.</summary>
internal static class SeedSql
{
    /// <summary>
    /// Writes no log and waits for no disk: should it be cut short, the file is of no use to anybody. The checks would
    /// take a third of the time.
    /// </summary>
    public const string Hasten =
        """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA cache_size = -400000;
        PRAGMA ignore_check_constraints = ON;
        PRAGMA temp_store = MEMORY;
        """;

    /// <summary>
    /// A prompt every half second from the start of 2025 on, each with an id and times of its own, behind those that there are.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="owners">To how many owners they belong, in turn; 0: they are nobody's.</param>
    public static string Plan(int count, int owners) =>
        $"""
        CREATE TEMP TABLE IF NOT EXISTS plan (
            seq INTEGER PRIMARY KEY, ms INTEGER, id TEXT, created TEXT, started TEXT, ended TEXT, owner TEXT);
        DELETE FROM plan;
        WITH RECURSIVE numbers(seq, ms) AS MATERIALIZED (
            SELECT coalesce(max(seq), 0) + 1, 1735689600000 + (coalesce(max(seq), 0) + 1) * 500 FROM prompts
            UNION ALL SELECT seq + 1, ms + 500 FROM numbers LIMIT {count})
        INSERT INTO plan SELECT seq, ms,
            printf('%08x-%04x-7%03x-%04x-%012x', ms >> 16, ms & 65535, seq & 4095, 32768 + (random() & 16383), random() & 281474976710655),
            strftime('%Y-%m-%dT%H:%M:%f000+00:00', ms / 1000.0, 'unixepoch'),
            strftime('%Y-%m-%dT%H:%M:%f000+00:00', ms / 1000.0 + 3, 'unixepoch'),
            strftime('%Y-%m-%dT%H:%M:%f000+00:00', ms / 1000.0 + 5, 'unixepoch'),
            {(owners == 0 ? "NULL" : $"'owner-' || (seq % {owners})")}
        FROM numbers;
        """;

    /// <summary>One in fifty failed, and one in fifty was cancelled.</summary>
    public const string Finished =
        $"""
        INSERT INTO prompts (seq, id, status, created_at, updated_at, started_at, completed_at, model, rank, attempts, done_reason,
            owner, account, total_duration, load_duration, prompt_eval_count, prompt_eval_duration, eval_count, eval_duration, error,
            prompt, result)
        SELECT seq, id, CASE seq % 50 WHEN 7 THEN 'failed' WHEN 8 THEN 'cancelled' ELSE 'completed' END,
            created, ended, started, ended, 'llama3.2', ms, 1, iif(seq % 50 IN (7, 8), NULL, 'stop'), owner, owner,
            2000000000, 20000000, 30, 100000000, 70, 1800000000, iif(seq % 50 = 7, 'model ''mistral'' not found', NULL),
            {Prompt}, iif(seq % 50 IN (7, 8), NULL, {Result}) FROM plan;
        INSERT INTO attempts (seq, number, backend, started_at, ended_at, error)
        SELECT seq, 1, 'http://localhost:11434', started, ended, iif(seq % 50 = 7, 'model ''mistral'' not found', NULL) FROM plan;
        """;

    /// <summary>Each with a lease that does not run out.</summary>
    public const string Processing =
        $"""
        INSERT INTO prompts (seq, id, status, created_at, updated_at, started_at, model, rank, attempts, owner, account, prompt)
        SELECT seq, id, 'processing', created, started, started, 'llama3.2', ms, 1, owner, owner, {Prompt} FROM plan;
        INSERT INTO attempts (seq, number, backend, started_at) SELECT seq, 1, 'http://localhost:11434', started FROM plan;
        INSERT INTO leases (seq, token, expires_at) SELECT seq, id, 253402300799000 FROM plan;
        """;

    public const string Queued =
        $"""
        INSERT INTO prompts (seq, id, created_at, updated_at, model, rank, owner, account, prompt)
        SELECT seq, id, created, created, 'llama3.2', ms, owner, owner, {Prompt} FROM plan;
        """;

    private const string Prompt =
        """
        printf('Prompt %d: what is the capital of France, how did it come by its name, and who lives there today?', seq)
        """;

    private const string Result =
        """
        printf('The capital of France is Paris, and this is answer %d. It is named for the Parisii, a people of the Iron Age who lived ' ||
            'on the banks of the Seine. Two million people live in the city and more than twelve million around it, which makes ' ||
            'it the largest of the European Union; most of them came there for work.', seq)
        """;
}
