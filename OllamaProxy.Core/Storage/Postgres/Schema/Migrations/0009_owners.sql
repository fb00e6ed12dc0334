-- Whose prompt it is, and to whom its tokens are charged; NULL: nobody in particular.
ALTER TABLE prompts ADD COLUMN owner bytea, ADD COLUMN account bytea;
CREATE INDEX prompts_by_owner ON prompts (owner, seq, status) WHERE owner IS NOT NULL;

-- Each owner has idempotency keys of its own; empty: nobody in particular.
ALTER TABLE idempotency_keys ADD COLUMN owner bytea NOT NULL DEFAULT '';
ALTER TABLE idempotency_keys ALTER COLUMN owner DROP DEFAULT;
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey, ADD PRIMARY KEY (owner, key);

DROP FUNCTION submit;
DROP FUNCTION submit_batch;

-- Queues a prompt. Outcomes: 0 accepted, 1 repeated, 2 conflicting, 3 full, 4 a staged text has been removed.
CREATE FUNCTION submit(
    p_now timestamptz, p_id uuid, p_model bytea, p_endpoint bytea, p_priority integer, p_rank bigint, p_max_attempts integer,
    p_timeout double precision, p_expires_at bigint, p_owner bytea, p_account bytea, p_batch uuid, p_fingerprint bytea,
    p_prompt bytea, p_prompt_checksum bigint, p_request bytea, p_request_checksum bigint, p_metadata bytea,
    p_query bytea, p_headers bytea, p_body bytea, p_checksum bigint,
    p_texts bigint[], p_kinds text[], p_max_queued bigint, p_key bytea, p_key_expires_at bigint,
    p_has_client boolean, p_client_worker uuid, p_client_expires_at bigint,
    p_token uuid, p_lease_expires_at bigint, p_backend bytea, p_concurrency integer, p_takes_slot boolean,
    p_after_seq bigint, p_after_token uuid, p_worker uuid,
    OUT outcome integer, OUT number bigint, OUT queued bigint, OUT is_claimed boolean)
LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    now_ms bigint := floor(extract(epoch FROM p_now) * 1000);
    p_slot uuid;
BEGIN
    is_claimed := false;
    IF p_fingerprint IS NOT NULL THEN
        SELECT CASE WHEN fingerprint = p_fingerprint THEN 1 ELSE 2 END, seq INTO outcome, number FROM prompts
        WHERE id = p_id OR seq = (
            SELECT seq FROM idempotency_keys WHERE owner = coalesce(p_owner, '') AND key = p_key AND expires_at > now_ms)
        ORDER BY seq LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    IF NOT are_staged(p_texts) THEN
        outcome := 4;
        RETURN;
    END IF;
    IF p_token IS NOT NULL OR p_max_queued > 0 THEN
        queued := count_of('queued');
        IF p_token IS NOT NULL AND queued = 0 THEN
            p_slot := slot_for(p_token, p_backend, p_concurrency, p_takes_slot, p_after_seq, p_after_token);
            is_claimed := p_slot IS NOT NULL;
        END IF;
        IF NOT is_claimed AND p_max_queued > 0 AND queued + 1 > p_max_queued THEN
            outcome := 3;
            RETURN;
        END IF;
    END IF;
    outcome := 0;
    INSERT INTO prompts (
        id, status, created_at, updated_at, started_at, model, endpoint, priority, rank, attempts, max_attempts, timeout, expires_at, owner,
        account, batch, fingerprint)
    VALUES (
        p_id, CASE WHEN is_claimed THEN 'processing' ELSE 'queued' END, p_now, p_now, CASE WHEN is_claimed THEN p_now END, p_model,
        p_endpoint, p_priority, p_rank, is_claimed::integer, p_max_attempts, p_timeout, p_expires_at, p_owner, p_account,
        p_batch, p_fingerprint)
    RETURNING seq INTO number;
    INSERT INTO payloads (seq, prompt, prompt_checksum, request, request_checksum, metadata)
    VALUES (number, p_prompt, p_prompt_checksum, p_request, p_request_checksum, p_metadata);
    PERFORM adopt(number, p_texts, p_kinds);
    IF p_endpoint IS NOT NULL THEN
        INSERT INTO calls (seq, query, headers, body, checksum) VALUES (number, p_query, p_headers, p_body, p_checksum);
    END IF;
    IF p_has_client THEN
        INSERT INTO connections (seq, worker, expires_at) VALUES (number, p_client_worker, p_client_expires_at);
    END IF;
    IF p_key IS NOT NULL THEN
        INSERT INTO idempotency_keys (owner, key, seq, expires_at) VALUES (coalesce(p_owner, ''), p_key, number, p_key_expires_at)
        ON CONFLICT (owner, key) DO UPDATE SET seq = excluded.seq, expires_at = excluded.expires_at;
    END IF;
    IF is_claimed THEN
        PERFORM begin_attempt(p_now, number, 1, p_token, p_slot, p_backend, p_takes_slot, p_worker, p_lease_expires_at);
    END IF;
END $$;

-- Queues prompts as one batch, all or none. Outcomes as in submit; the numbers are in the order of the prompts.
CREATE FUNCTION submit_batch(
    p_now timestamptz, p_batch uuid, p_max_queued bigint, p_ids uuid[], p_owners bytea[], p_accounts bytea[], p_models bytea[],
    p_priorities integer[], p_ranks bigint[],
    p_max_attempts integer[], p_timeouts double precision[], p_expires_at bigint[], p_fingerprints bytea[], p_prompts bytea[],
    p_prompt_checksums bigint[], p_requests bytea[], p_request_checksums bigint[], p_metadata bytea[],
    p_texts bigint[], p_kinds text[], p_places integer[],
    OUT outcome integer, OUT numbers bigint[], OUT queued bigint)
LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    IF p_max_queued > 0 THEN
        queued := count_of('queued');
        IF queued + cardinality(p_ids) > p_max_queued THEN
            outcome := 3;
            RETURN;
        END IF;
    END IF;
    IF NOT are_staged(p_texts) THEN
        outcome := 4;
        RETURN;
    END IF;
    outcome := 0;
    numbers := ARRAY(SELECT nextval(pg_get_serial_sequence('prompts', 'seq')) FROM unnest(p_ids));
    INSERT INTO prompts (
        seq, id, status, created_at, updated_at, model, priority, rank, max_attempts, timeout, expires_at, owner, account, batch,
        fingerprint)
    SELECT each.seq, each.id, 'queued', p_now, p_now, each.model, each.priority, each.rank, each.max_attempts, each.timeout,
        each.expires_at, each.owner, each.account, p_batch, each.fingerprint
    FROM unnest(
        numbers, p_ids, p_owners, p_accounts, p_models, p_priorities, p_ranks, p_max_attempts, p_timeouts, p_expires_at, p_fingerprints)
        AS each (seq, id, owner, account, model, priority, rank, max_attempts, timeout, expires_at, fingerprint);
    INSERT INTO payloads (seq, prompt, prompt_checksum, request, request_checksum, metadata)
    SELECT * FROM unnest(numbers, p_prompts, p_prompt_checksums, p_requests, p_request_checksums, p_metadata);
    UPDATE texts SET seq = numbers[staged.place], kind = staged.kind, expires_at = NULL
    FROM unnest(p_texts, p_kinds, p_places) AS staged (id, kind, place) WHERE texts.id = staged.id;
END $$;
