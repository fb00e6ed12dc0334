-- The state of a lease: 0 held, 1 cancelled, 2 lost. Locks its prompt until the end of the transaction.
CREATE FUNCTION look_at(p_seq bigint, p_token uuid) RETURNS integer LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    found_status text;
BEGIN
    SELECT status INTO found_status FROM prompts WHERE seq = p_seq FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT 1 FROM leases WHERE seq = p_seq AND token = p_token) THEN
        RETURN 2;
    END IF;
    RETURN CASE found_status WHEN 'processing' THEN 0 WHEN 'cancelled' THEN 1 ELSE 2 END;
END $$;

-- Claims a prompt, if it is still due and a slot is free; otherwise returns no row. The caller holds the lock of the backend.
CREATE FUNCTION claim(
    p_now timestamptz, p_seq bigint, p_token uuid, p_expires_at bigint, p_backend bytea, p_concurrency integer, p_takes_slot boolean,
    p_after_seq bigint, p_after_token uuid, p_worker uuid)
RETURNS TABLE (
    id uuid, attempt integer, model bytea, max_attempts integer, timeout double precision, last_error bytea, endpoint bytea,
    prompt bytea, prompt_checksum bigint, request bytea, request_checksum bigint, query bytea, headers bytea, body bytea, checksum bigint,
    texts bigint[], kinds text[], lengths bigint[])
LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
#variable_conflict use_column
DECLARE
    p_slot uuid := slot_for(p_token, p_backend, p_concurrency, p_takes_slot, p_after_seq, p_after_token);
    begun integer;
BEGIN
    -- A transaction that has locked it is about to claim it, or to change it.
    PERFORM 1 FROM prompts WHERE seq = p_seq AND p_slot IS NOT NULL AND status = 'queued'
        AND available_at <= floor(extract(epoch FROM p_now) * 1000) FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM leases WHERE seq = p_seq) THEN
        RETURN;
    END IF;
    UPDATE prompts SET status = 'processing', attempts = attempts + 1, error = NULL, started_at = p_now, updated_at = p_now
    WHERE seq = p_seq RETURNING attempts INTO begun;
    RETURN QUERY
        SELECT prompts.id, begun, prompts.model, prompts.max_attempts, prompts.timeout,
            CASE WHEN begun > 1 THEN (SELECT error FROM attempts WHERE attempts.seq = p_seq ORDER BY attempts.id DESC LIMIT 1) END,
            prompts.endpoint, payloads.prompt, payloads.prompt_checksum, payloads.request, payloads.request_checksum,
            calls.query, calls.headers, calls.body, calls.checksum, long.ids, long.kinds, long.lengths
        FROM prompts JOIN payloads USING (seq) LEFT JOIN calls USING (seq),
            LATERAL (SELECT array_agg(texts.id) AS ids, array_agg(texts.kind) AS kinds, array_agg(texts.length) AS lengths
                FROM texts WHERE texts.seq = p_seq) AS long
        WHERE prompts.seq = p_seq;
    PERFORM begin_attempt(p_now, p_seq, begun, p_token, p_slot, p_backend, p_takes_slot, p_worker, p_expires_at);
END $$;

CREATE FUNCTION renew(p_seq bigint, p_token uuid, p_expires_at bigint) RETURNS integer LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    state integer := look_at(p_seq, p_token);
BEGIN
    IF state = 0 THEN
        UPDATE leases SET expires_at = p_expires_at WHERE seq = p_seq;
    END IF;
    RETURN state;
END $$;

CREATE FUNCTION append(
    p_seq bigint, p_token uuid, p_expires_at bigint, p_text_end integer, p_thinking_end integer, p_text bytea, p_thinking bytea)
RETURNS integer LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    state integer := renew(p_seq, p_token, p_expires_at);
BEGIN
    IF state = 0 THEN
        INSERT INTO chunks (seq, text_end, thinking_end, text, thinking)
        VALUES (p_seq, p_text_end, p_thinking_end, p_text, p_thinking);
        INSERT INTO changes (seq, was, becomes) VALUES (p_seq, 'processing', 'processing'); -- wakes subscribers of other instances
    END IF;
    RETURN state;
END $$;

-- Stores what has been generated for a prompt that ends without its worker, which may have more.
CREATE FUNCTION keep_chunks(p_seq bigint) RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    DELETE FROM results WHERE seq = p_seq;
    INSERT INTO results (seq, result, thinking)
    SELECT p_seq, string_agg(text, '' ORDER BY text_end, thinking_end), nullif(string_agg(thinking, '' ORDER BY text_end, thinking_end), '')
    FROM chunks WHERE seq = p_seq HAVING count(*) > 0
$$;

CREATE FUNCTION end_attempt(p_now timestamptz, p_seq bigint, p_error bytea) RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    UPDATE attempts SET ended_at = p_now, error = p_error WHERE seq = p_seq AND ended_at IS NULL
$$;

-- Settles an attempt as 'completed', 'failed', 'requeued', 'released' or 'stopped'. Returns 1 if its lease was held, 0 if not, and 2 if a
-- staged text has been removed, so that nothing was changed.
CREATE FUNCTION settle(
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
