-- What each owner used in the last two minutes, against which the limits of API keys are held. Rows are only added, so that no transaction
-- waits for another; sum_up_usage removes them. Submissions of one owner wait for each other, see submit_within.
CREATE TABLE owner_minutes (
    owner bytea NOT NULL,
    minute bigint NOT NULL, -- since 1970
    requests bigint NOT NULL, -- prompts that were submitted, of owners with a limit
    tokens bigint NOT NULL -- of prompts that ended, and of their answers
);
CREATE INDEX owner_minutes_by_owner ON owner_minutes (owner, minute) INCLUDE (requests, tokens);
CREATE INDEX prompts_queued_by_owner ON prompts (owner) WHERE status = 'queued' AND owner IS NOT NULL;

CREATE FUNCTION minute_of(p_time timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT floor(extract(epoch FROM p_time) / 60)::bigint
$$;

CREATE OR REPLACE FUNCTION on_prompt_used() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    INSERT INTO usage_changes VALUES (
        to_char(NEW.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), coalesce(NEW.owner, ''), NEW.model, 1,
        (NEW.status = 'failed')::integer, (NEW.status = 'cancelled')::integer, coalesce(NEW.prompt_eval_count, 0),
        coalesce(NEW.eval_count, 0), coalesce(greatest(0, extract(epoch FROM NEW.completed_at - NEW.started_at) * 1000)::bigint, 0));
    IF NEW.owner IS NOT NULL AND coalesce(NEW.prompt_eval_count, 0) + coalesce(NEW.eval_count, 0) > 0 THEN
        INSERT INTO owner_minutes VALUES (
            NEW.owner, minute_of(NEW.completed_at), 0, coalesce(NEW.prompt_eval_count, 0) + coalesce(NEW.eval_count, 0));
    END IF;
    RETURN NULL;
END $$;

-- Adds what ended since to the sums, unless another instance is doing so, and removes what no limit needs any more.
CREATE OR REPLACE FUNCTION sum_up_usage() RETURNS void LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(7236548712004) THEN
        RETURN;
    END IF;
    WITH since AS (DELETE FROM usage_changes RETURNING *)
    INSERT INTO usage
    SELECT day, owner, model, sum(prompts), sum(failed), sum(cancelled), sum(prompt_tokens), sum(tokens), sum(milliseconds)
    FROM since GROUP BY day, owner, model
    ON CONFLICT (day, owner, model) DO UPDATE SET prompts = usage.prompts + excluded.prompts, failed = usage.failed + excluded.failed,
        cancelled = usage.cancelled + excluded.cancelled, prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
        tokens = usage.tokens + excluded.tokens, milliseconds = usage.milliseconds + excluded.milliseconds;
    DELETE FROM owner_minutes WHERE minute < (SELECT max(minute) FROM owner_minutes) - 1;
END $$;

-- What an owner has used: queued, requests and tokens of the minute before and of this one, tokens today. Of the queued ones no more are
-- counted than are needed to tell that there are too many; NULL: none are counted.
CREATE FUNCTION use_of(p_owner bytea, p_now timestamptz, p_max_queued bigint, p_counts_day boolean) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = ollama_proxy AS $$
    SELECT ARRAY[
        CASE WHEN p_max_queued IS NOT NULL THEN (SELECT count(*) FROM (
            SELECT 1 FROM prompts WHERE owner = p_owner AND status = 'queued' LIMIT p_max_queued + 1) AS queued) ELSE 0 END,
        coalesce(sum(requests) FILTER (WHERE minute < minute_of(p_now)), 0),
        coalesce(sum(requests) FILTER (WHERE minute = minute_of(p_now)), 0),
        coalesce(sum(tokens) FILTER (WHERE minute < minute_of(p_now)), 0),
        coalesce(sum(tokens) FILTER (WHERE minute = minute_of(p_now)), 0),
        CASE WHEN p_counts_day THEN (SELECT coalesce(sum(prompt_tokens + used.tokens), 0) FROM used
            WHERE day = to_char(p_now AT TIME ZONE 'UTC', 'YYYY-MM-DD') AND used.owner = p_owner) ELSE 0 END]::bigint[]
    FROM owner_minutes WHERE owner = p_owner AND minute BETWEEN minute_of(p_now) - 1 AND minute_of(p_now)
$$;

-- Whether what an owner has used exceeds a limit. The limits: requests a minute, tokens a minute, tokens a day, queued; NULL: none. What a
-- prompt uses is known only afterwards, so of tokens at least one must be left. The same rules are in OwnerUse.Against.
CREATE FUNCTION is_over(p_use bigint[], p_limits bigint[], p_now timestamptz) RETURNS boolean LANGUAGE sql STABLE
SET search_path = ollama_proxy AS $$
    SELECT coalesce(p_use[3] + p_use[2] * rest / 60000 > p_limits[1], false)
        OR coalesce(p_use[5] + p_use[4] * rest / 60000 + 1 > p_limits[2], false)
        OR coalesce(p_use[6] + 1 > p_limits[3], false) OR coalesce(p_use[1] > p_limits[4], false)
    FROM (SELECT 60000 - floor(extract(epoch FROM p_now) * 1000)::bigint % 60000 AS rest) AS minute
$$;

-- submit, whose parameters come first, for an owner with limits. A further outcome: 5 a limit would be exceeded, and nothing was queued.
CREATE FUNCTION submit_within(
    timestamptz, uuid, bytea, bytea, integer, bigint, integer, double precision, bigint, bytea, bytea, uuid, bytea,
    bytea, bigint, bytea, bigint, bytea, bytea, bytea, bytea, bigint, bigint[], text[], bigint, bytea, bigint,
    boolean, uuid, bigint, uuid, bigint, bytea, integer, boolean, bigint, uuid, uuid, p_limits bigint[],
    OUT outcome integer, OUT number bigint, OUT queued bigint, OUT is_claimed boolean, OUT use bigint[])
LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    SELECT submitted.outcome, submitted.number, submitted.queued, submitted.is_claimed INTO outcome, number, queued, is_claimed
    FROM submit(
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
        $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38) AS submitted;
    IF outcome = 0 THEN
        INSERT INTO owner_minutes SELECT $10, minute_of($1), 1, 0 WHERE p_limits[1] IS NOT NULL;
        use := use_of($10, $1, p_limits[4], p_limits[3] IS NOT NULL);
        IF is_over(use, p_limits, $1) THEN
            RAISE EXCEPTION USING ERRCODE = 'OVERL';
        END IF;
    END IF;
EXCEPTION WHEN SQLSTATE 'OVERL' THEN
    outcome := 5;
    is_claimed := false;
END $$;

-- The same for submit_batch, whose prompts are all of one owner.
CREATE FUNCTION submit_batch_within(
    timestamptz, uuid, bigint, p_ids uuid[], p_owners bytea[], bytea[], bytea[], integer[], bigint[], integer[], double precision[],
    bigint[], bytea[], bytea[], bigint[], bytea[], bigint[], bytea[], bigint[], text[], integer[], p_limits bigint[],
    OUT outcome integer, OUT numbers bigint[], OUT queued bigint, OUT use bigint[])
LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    SELECT submitted.outcome, submitted.numbers, submitted.queued INTO outcome, numbers, queued
    FROM submit_batch(
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) AS submitted;
    IF outcome = 0 THEN
        INSERT INTO owner_minutes SELECT p_owners[1], minute_of($1), cardinality(p_ids), 0 WHERE p_limits[1] IS NOT NULL;
        use := use_of(p_owners[1], $1, p_limits[4], p_limits[3] IS NOT NULL);
        IF is_over(use, p_limits, $1) THEN
            RAISE EXCEPTION USING ERRCODE = 'OVERL';
        END IF;
    END IF;
EXCEPTION WHEN SQLSTATE 'OVERL' THEN
    outcome := 5;
END $$;
