using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The table <c>leases</c>, with a row for each prompt that is processing, or whose worker has yet to stop after a cancel. The methods that
/// write run within a transaction of the writer.
/// </summary>
internal static class SqliteLeases
{
    /// <summary>
    /// Queues or fails prompts whose lease has expired, cancels those whose client's lease has, and fails those that waited too long. No
    /// statement may scan the queue.
    /// </summary>
    public const string SweepAll =
        $"""
        UPDATE prompts SET status = 'cancelled', error = $client_gone, completed_at = $now, updated_at = $now,
            result = {GeneratedChunks.Joined}, thinking = {GeneratedChunks.JoinedThinking}
        WHERE seq IN (SELECT seq FROM connections WHERE expires_at <= $leases_by_ms) AND +status IN ('queued', 'processing');

        DELETE FROM leases WHERE expires_at <= $leases_by_ms;

        UPDATE attempts SET ended_at = $now, error = $lease_ran_out WHERE ended_at IS NULL AND seq NOT IN (SELECT seq FROM leases);

        UPDATE prompts SET
            status = iif(attempts < coalesce(max_attempts, $max_attempts), 'queued', 'failed'),
            started_at = iif(attempts < coalesce(max_attempts, $max_attempts), NULL, started_at),
            completed_at = iif(attempts < coalesce(max_attempts, $max_attempts), NULL, $now),
            error = $lease_ran_out,
            updated_at = $now,
            result = iif(attempts < coalesce(max_attempts, $max_attempts), NULL, {GeneratedChunks.Joined}),
            thinking = iif(attempts < coalesce(max_attempts, $max_attempts), NULL, {GeneratedChunks.JoinedThinking})
        WHERE status = 'processing' AND seq NOT IN (SELECT seq FROM leases);

        UPDATE prompts INDEXED BY prompts_to_expire SET status = 'failed', completed_at = $now, updated_at = $now,
            error = '{StoreMessages.Expired}' || coalesce('{StoreMessages.LastAttempt}' || error, '')
        WHERE status = 'queued' AND expires_at <= $now_ms;
        """;

    public static void Sweep(SqliteSession session, ClaimTerms terms, LeaseExpiry expiry, DateTimeOffset now) => session.Execute(SweepAll,
        ("$leases_by_ms", expiry.By.ToUnixTimeMilliseconds()), ("$now_ms", now.ToUnixTimeMilliseconds()), ("$now", SqliteTime.Write(now)),
        ("$max_attempts", terms.MaxAttempts), ("$lease_ran_out", StoreMessages.LeaseRanOut), ("$client_gone", StoreMessages.ClientGone));

    /// <summary>
    /// Ends, at <see cref="LeaseExpiry.By"/>, the leases of workers and clients whose end is later but valid by none of the clocks.
    /// </summary>
    public static void ExpireAfterClockChange(SqliteSession session, LeaseExpiry expiry)
    {
        if (expiry.Clocks.Count == 1)
            return;
        session.Execute(
            """
            UPDATE connections SET expires_at = $by WHERE expires_at <= $latest
                AND NOT EXISTS (SELECT 1 FROM json_each($clocks) WHERE expires_at > value AND expires_at <= value + $length);
            UPDATE leases SET expires_at = $by WHERE expires_at <= $latest
                AND NOT EXISTS (SELECT 1 FROM json_each($clocks) WHERE expires_at > value AND expires_at <= value + $length)
            """,
            ("$by", expiry.By.ToUnixTimeMilliseconds()), ("$latest", expiry.Clocks.Max().ToUnixTimeMilliseconds()),
            ("$length", (long)expiry.Length.TotalMilliseconds),
            ("$clocks", $"[{string.Join(',', expiry.Clocks.Select(clock => clock.ToUnixTimeMilliseconds()))}]"));
    }

    /// <summary>Claims a prompt if it is still due and there is a slot for it.</summary>
    public static ClaimedPrompt? Claim(SqliteSession session, long seq, ClaimTerms terms, LongTextReader reader, DateTimeOffset now)
    {
        if (!HasSlot(session, terms, out var shared) || Take(session, seq, now, out var isCall, out var hasLongTexts) is not { } claimed)
            return null;
        claimed = claimed with { Lease = Begin(session, seq, claimed.Attempt, shared, terms, now) };
        if (isCall)
            claimed = WithCall(session, claimed);
        if (!hasLongTexts)
            return claimed;
        var texts = reader.Of(LongTexts.List(session, seq));
        return claimed with
        {
            LongText = texts.GetValueOrDefault(LongTextFormat.Prompt),
            LongRequest = texts.GetValueOrDefault(LongTextFormat.Request),
            Call = claimed.Call is { } call ? call with { LongBody = texts.GetValueOrDefault(LongTextFormat.Call) } : null,
        };
    }

    /// <summary>Whether there is a slot for a prompt on these terms.</summary>
    /// <param name="session">The session of the writer.</param>
    /// <param name="terms">The terms.</param>
    /// <param name="shared">
    /// The slot of the predecessor, which the lease will share; null: the lease takes a slot of its own, identified by its token.
    /// </param>
    public static bool HasSlot(SqliteSession session, ClaimTerms terms, out string? shared)
    {
        shared = terms.PredecessorLease is { } after ? SlotOf(session, after) : null;
        if (shared is not null || !terms.TakesSlot)
            return true;
        // Fewer leases than slots: then there is room, on whichever backends they are. This is the fast path.
        return session.Number("SELECT count(*) FROM leases") < terms.Concurrency
            || session.Number(
                "SELECT count(DISTINCT coalesce(slot, token)) FROM leases WHERE coalesce(backend, $backend) = $backend",
                ("$backend", terms.Backend)) < terms.Concurrency;
    }

    /// <summary>Starts an attempt at a prompt, which is processing from now on, with a new lease.</summary>
    public static Lease Begin(SqliteSession session, long seq, int attempt, string? shared, ClaimTerms terms, DateTimeOffset now)
    {
        var lease = Lease.New(seq);
        session.Execute(
            """
            INSERT INTO leases (seq, token, slot, backend, worker, expires_at)
            VALUES ($seq, $token, $slot, $backend, $worker, $expires_at)
            """,
            ("$seq", seq), ("$token", lease.Token.ToString()), ("$slot", shared), ("$backend", terms.TakesSlot ? terms.Backend : ""),
            ("$worker", terms.Worker?.ToString()), ("$expires_at", (now + terms.LeaseLength).ToUnixTimeMilliseconds()));
        PromptAttempts.Begin(session, seq, attempt, terms.Backend, now);
        return lease;
    }

    public static LeaseState LookAt(SqliteSession session, Lease lease)
    {
        using var row = session.Query(
            "SELECT prompts.status FROM leases LEFT JOIN prompts USING (seq) WHERE seq = $seq AND token = $token", Parameters(lease));
        return !row.Read() ? LeaseState.Lost : row.TextOrNull(0) switch
        {
            "processing" => LeaseState.Held,
            "cancelled" => LeaseState.Cancelled,
            _ => LeaseState.Lost,
        };
    }

    /// <summary>Extends a lease that is held, and returns its state.</summary>
    public static LeaseState Renew(SqliteSession session, Lease lease, DateTimeOffset expiresAt)
    {
        var state = LookAt(session, lease);
        if (state == LeaseState.Held)
            session.Execute("UPDATE leases SET expires_at = $expires_at WHERE seq = $seq",
                ("$seq", lease.Seq), ("$expires_at", expiresAt.ToUnixTimeMilliseconds()));
        return state;
    }

    /// <summary>Deletes a lease, and returns the state that it had, on which depends what its holder may still write.</summary>
    public static LeaseState End(SqliteSession session, Lease lease)
    {
        var state = LookAt(session, lease);
        session.Execute("DELETE FROM leases WHERE seq = $seq AND token = $token", Parameters(lease));
        return state;
    }

    private static ClaimedPrompt WithCall(SqliteSession session, ClaimedPrompt claimed)
    {
        try
        {
            return claimed with
            {
                Call = PromptCalls.Find(session, claimed.Lease.Seq),
                IsAwaited = session.Number(
                    "SELECT EXISTS (SELECT 1 FROM connections WHERE seq = $seq)", ("$seq", claimed.Lease.Seq)) != 0,
            };
        }
        catch (StoreException exception) when (exception.IsDamage)
        {
            return claimed with { Damage = exception.Message };
        }
    }

    /// <summary>The error of the first damaged text in a row; null: none is damaged.</summary>
    private static string? DamageOf(SqliteStatement row, params ReadOnlySpan<(int Column, int Checksum)> texts)
    {
        try
        {
            foreach (var (column, checksum) in texts)
                row.RefuseDamaged(column, checksum, "text");
            return null;
        }
        catch (StoreException exception) when (exception.IsDamage)
        {
            return exception.Message;
        }
    }

    private static ClaimedPrompt? Take(SqliteSession session, long seq, DateTimeOffset now, out bool isCall, out bool hasLongTexts)
    {
        isCall = hasLongTexts = false;
        using var row = session.Query(
            """
            UPDATE prompts SET status = 'processing', attempts = attempts + 1, error = NULL, started_at = $now, updated_at = $now
            WHERE seq = $seq AND status = 'queued' AND available_at <= $now_ms AND seq NOT IN (SELECT seq FROM leases)
            RETURNING id, attempts, prompt, request, model, max_attempts, timeout,
                EXISTS (SELECT 1 FROM calls WHERE calls.seq = prompts.seq),
                CASE WHEN attempts > 1
                    THEN (SELECT attempts.error FROM attempts WHERE attempts.seq = prompts.seq ORDER BY attempts.id DESC LIMIT 1) END,
                EXISTS (SELECT 1 FROM texts WHERE texts.seq = prompts.seq), prompt_checksum, request_checksum
            """,
            ("$seq", seq), ("$now", SqliteTime.Write(now)), ("$now_ms", now.ToUnixTimeMilliseconds()));
        if (!row.Read())
            return null;
        isCall = row.Int64(7) != 0;
        hasLongTexts = row.Int64(9) != 0;
        return new(Guid.Parse(row.Text(0)), default, row.Int32(1), row.Text(2), row.Bytes(3))
        {
            StartedAt = StoredTime.ToMicroseconds(now),
            Model = row.TextOrNull(4),
            MaxAttempts = row.Int32OrNull(5),
            Timeout = row.RealOrNull(6) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            LastError = row.TextOrNull(8),
            Damage = DamageOf(row, (2, 10), (3, 11)),
        };
    }

    private static string? SlotOf(SqliteSession session, Lease lease)
    {
        using var row = session.Query("SELECT coalesce(slot, token) FROM leases WHERE seq = $seq AND token = $token", Parameters(lease));
        return row.Read() ? row.Text(0) : null;
    }

    private static (string, object?)[] Parameters(Lease lease) => [("$seq", lease.Seq), ("$token", lease.Token.ToString())];
}
