-- What was used on each day (UTC), by owner and model. It outlives the prompts, so retention does not touch it. No transaction waits for
-- another to add to the sums: what ended since is in usage_changes, a row for each prompt.
CREATE TABLE usage (
    day text NOT NULL, -- such as 2026-02-21
    owner bytea NOT NULL, -- empty: nobody in particular
    model bytea NOT NULL, -- empty: none
    prompts bigint NOT NULL, -- that ended, in whatever way
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    prompt_tokens bigint NOT NULL, -- this and the next as Ollama counts them
    tokens bigint NOT NULL,
    milliseconds bigint NOT NULL, -- of the attempts that ended them
    PRIMARY KEY (day, owner, model)
);
CREATE TABLE usage_changes (LIKE usage);
CREATE VIEW used AS SELECT * FROM usage UNION ALL SELECT * FROM usage_changes;

INSERT INTO usage
SELECT to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '', model, count(*), count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status = 'cancelled'), coalesce(sum(results.prompt_eval_count), 0), coalesce(sum(results.eval_count), 0),
    coalesce(sum(greatest(0, extract(epoch FROM completed_at - started_at) * 1000)::bigint), 0)
FROM prompts LEFT JOIN results USING (seq) WHERE completed_at IS NOT NULL GROUP BY 1, model;

ALTER TABLE prompts ADD COLUMN prompt_eval_count bigint;

CREATE FUNCTION on_prompt_used() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    INSERT INTO usage_changes VALUES (
        to_char(NEW.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), coalesce(NEW.owner, ''), NEW.model, 1,
        (NEW.status = 'failed')::integer, (NEW.status = 'cancelled')::integer, coalesce(NEW.prompt_eval_count, 0),
        coalesce(NEW.eval_count, 0), coalesce(greatest(0, extract(epoch FROM NEW.completed_at - NEW.started_at) * 1000)::bigint, 0));
    RETURN NULL;
END $$;
CREATE TRIGGER prompt_used AFTER UPDATE ON prompts FOR EACH ROW
WHEN (NEW.completed_at IS NOT NULL AND OLD.completed_at IS NULL) EXECUTE FUNCTION on_prompt_used();

-- Adds what ended since to the sums, unless another instance is doing so.
CREATE FUNCTION sum_up_usage() RETURNS void LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
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
END $$;

-- Settles an attempt as 'completed', 'failed', 'requeued', 'released' or 'stopped'. Returns 1 if its lease was held, 0 if not, and 2 if a
-- staged text has been removed, so that nothing was changed.
CREATE OR REPLACE FUNCTION settle(
    p_now timestamptz, p_seq bigint, p_token uuid, p_how text, p_error bytea, p_available_at bigint, p_counts boolean, p_cancelled bytea,
    p_has_text boolean, p_result bytea, p_result_checksum bigint, p_thinking bytea, p_thinking_checksum bigint, p_done_reason bytea,
    p_total_duration bigint, p_load_duration bigint, p_prompt_eval_count bigint, p_prompt_eval_duration bigint, p_eval_count bigint,
    p_eval_duration bigint, p_response_status integer, p_headers bytea, p_body bytea, p_checksum bigint, p_texts bigint[], p_kinds text[])
RETURNS integer LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    state integer := look_at(p_seq, p_token);
    is_end boolean := p_how IN ('completed', 'failed');
BEGIN
    IF state < 2 AND NOT are_staged(p_texts) THEN
        RETURN 2;
    END IF;
    DELETE FROM leases WHERE seq = p_seq AND token = p_token;
    IF state = 2 OR (state = 0 AND p_how = 'stopped') THEN
        RETURN 0;
    END IF;
    IF state = 1 THEN
        PERFORM end_attempt(p_now, p_seq, p_cancelled);
        UPDATE prompts SET eval_count = p_eval_count WHERE seq = p_seq; -- also reports the change to subscribers
    ELSIF is_end THEN
        PERFORM end_attempt(p_now, p_seq, p_error);
        UPDATE prompts SET status = p_how, error = p_error, completed_at = p_now, updated_at = p_now,
            prompt_eval_count = CASE WHEN p_has_text OR p_how = 'completed' THEN p_prompt_eval_count END,
            eval_count = CASE WHEN p_has_text OR p_how = 'completed' THEN p_eval_count END
        WHERE seq = p_seq;
    ELSIF p_how = 'requeued' THEN
        PERFORM end_attempt(p_now, p_seq, p_error);
        UPDATE prompts SET status = 'queued', started_at = NULL, error = p_error, available_at = p_available_at, updated_at = p_now,
            attempts = attempts - (NOT p_counts)::integer
        WHERE seq = p_seq;
        RETURN 1;
    ELSE
        DELETE FROM attempts WHERE seq = p_seq AND ended_at IS NULL;
        UPDATE prompts SET status = 'queued', started_at = NULL, attempts = attempts - 1, updated_at = p_now,
            error = CASE WHEN attempts > 1 THEN (SELECT error FROM attempts WHERE seq = p_seq ORDER BY id DESC LIMIT 1) END
        WHERE seq = p_seq;
        RETURN 1;
    END IF;
    -- An error response has no text: then there is no result.
    DELETE FROM results WHERE seq = p_seq;
    IF p_result IS NOT NULL AND (state = 1 OR p_has_text OR p_how = 'completed') THEN
        INSERT INTO results
        VALUES (
            p_seq, p_result, p_result_checksum, p_thinking, p_thinking_checksum, p_done_reason, p_total_duration, p_load_duration,
            p_prompt_eval_count, p_prompt_eval_duration, p_eval_count, p_eval_duration);
    END IF;
    IF state = 0 AND p_response_status IS NOT NULL THEN
        INSERT INTO responses (seq, status, headers, body, checksum) VALUES (p_seq, p_response_status, p_headers, p_body, p_checksum)
        ON CONFLICT (seq) DO UPDATE SET status = excluded.status, headers = excluded.headers, body = excluded.body,
            checksum = excluded.checksum;
    END IF;
    IF state = 1 THEN
        PERFORM adopt(p_seq, array_agg(id), array_agg(kind)) FROM unnest(p_texts, p_kinds) AS staged (id, kind) WHERE kind <> 'response';
    ELSE
        PERFORM adopt(p_seq, p_texts, p_kinds);
    END IF;
    RETURN (state = 0 OR p_how = 'stopped')::integer;
END $$;
