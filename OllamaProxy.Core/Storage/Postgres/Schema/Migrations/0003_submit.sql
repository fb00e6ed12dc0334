-- Gives staged texts to a prompt. They replace its earlier texts of the same kinds.
CREATE FUNCTION adopt(prompt bigint, ids bigint[], kinds text[]) RETURNS void LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    IF cardinality(ids) > 0 THEN
        UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = prompt AND kind = ANY (kinds);
        UPDATE texts SET seq = prompt, kind = staged.kind, expires_at = NULL
        FROM unnest(ids, kinds) AS staged (id, kind) WHERE texts.id = staged.id;
    END IF;
END $$;

-- Whether all staged texts still exist. Locks them until the end of the transaction.
CREATE FUNCTION are_staged(ids bigint[]) RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    IF cardinality(ids) = 0 THEN
        RETURN true;
    END IF;
    PERFORM 1 FROM texts WHERE id = ANY (ids) AND seq IS NULL FOR UPDATE;
    RETURN (SELECT count(*) FROM texts WHERE id = ANY (ids) AND seq IS NULL) = cardinality(ids);
END $$;

-- Appends to a staged text, and sets when it expires. NULL: it has been removed.
CREATE FUNCTION append_text(p_text bigint, p_number integer, p_parts bytea[], p_checksums bigint[], p_expires_at bigint)
RETURNS bigint LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    added bigint := (SELECT sum(octet_length(part)) FROM unnest(p_parts) AS part);
    target bigint := p_text;
BEGIN
    IF target IS NULL THEN
        INSERT INTO texts (length, expires_at) VALUES (added, p_expires_at) RETURNING id INTO target;
    ELSE
        UPDATE texts SET length = length + added, expires_at = p_expires_at WHERE id = target AND seq IS NULL RETURNING id INTO target;
        IF target IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO parts (text, number, bytes, checksum)
    SELECT target, p_number + part.place - 1, part.bytes, part.checksum
    FROM unnest(p_parts, p_checksums) WITH ORDINALITY AS part (bytes, checksum, place);
    RETURN target;
END $$;

-- The slot for a claim on these terms: that of its predecessor, or a new one; NULL: no slot is free. The caller holds the lock of the
-- backend, so that no two transactions count the slots at once.
CREATE FUNCTION slot_for(p_token uuid, p_backend bytea, p_concurrency integer, p_takes_slot boolean, p_after_seq bigint, p_after_token uuid)
RETURNS uuid LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    shared uuid := (SELECT slot FROM leases WHERE seq = p_after_seq AND token = p_after_token);
BEGIN
    IF shared IS NOT NULL THEN
        RETURN shared;
    END IF;
    IF NOT p_takes_slot OR (SELECT count(DISTINCT slot) FROM leases WHERE backend = p_backend) < p_concurrency THEN
        RETURN p_token;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION begin_attempt(
    p_now timestamptz, p_seq bigint, p_number integer, p_token uuid, p_slot uuid, p_backend bytea, p_takes_slot boolean, p_worker uuid,
    p_expires_at bigint)
RETURNS void LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    INSERT INTO leases (seq, token, slot, backend, worker, expires_at)
    VALUES (p_seq, p_token, p_slot, CASE WHEN p_takes_slot THEN p_backend ELSE '' END, p_worker, p_expires_at);
    INSERT INTO attempts (seq, number, backend, started_at) VALUES (p_seq, p_number, p_backend, p_now);
END $$;

-- Queues a prompt. Outcomes: 0 accepted, 1 repeated, 2 conflicting, 3 full, 4 a staged text has been removed.
CREATE FUNCTION submit(
    p_now timestamptz, p_id uuid, p_model bytea, p_endpoint bytea, p_priority integer, p_rank bigint, p_max_attempts integer,
    p_timeout double precision, p_expires_at bigint, p_batch uuid, p_fingerprint bytea,
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
        WHERE id = p_id OR seq = (SELECT seq FROM idempotency_keys WHERE key = p_key AND expires_at > now_ms)
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
        id, status, created_at, updated_at, started_at, model, endpoint, priority, rank, attempts, max_attempts, timeout, expires_at, batch,
        fingerprint)
    VALUES (
        p_id, CASE WHEN is_claimed THEN 'processing' ELSE 'queued' END, p_now, p_now, CASE WHEN is_claimed THEN p_now END, p_model,
        p_endpoint, p_priority, p_rank, is_claimed::integer, p_max_attempts, p_timeout, p_expires_at, p_batch, p_fingerprint)
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
        INSERT INTO idempotency_keys (key, seq, expires_at) VALUES (p_key, number, p_key_expires_at)
        ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, expires_at = excluded.expires_at;
    END IF;
    IF is_claimed THEN
        PERFORM begin_attempt(p_now, number, 1, p_token, p_slot, p_backend, p_takes_slot, p_worker, p_lease_expires_at);
    END IF;
END $$;

-- Queues prompts as one batch, all or none. Outcomes as in submit; the numbers are in the order of the prompts.
CREATE FUNCTION submit_batch(
    p_now timestamptz, p_batch uuid, p_max_queued bigint, p_ids uuid[], p_models bytea[], p_priorities integer[], p_ranks bigint[],
    p_max_attempts integer[], p_timeouts double precision[], p_expires_at bigint[], p_fingerprints bytea[], p_prompts bytea[],
    p_prompt_checksums bigint[], p_requests bytea[], p_request_checksums bigint[], p_metadata bytea[],
    p_texts bigint[], p_kinds text[], p_owners integer[],
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
        seq, id, status, created_at, updated_at, model, priority, rank, max_attempts, timeout, expires_at, batch, fingerprint)
    SELECT each.seq, each.id, 'queued', p_now, p_now, each.model, each.priority, each.rank, each.max_attempts, each.timeout,
        each.expires_at, p_batch, each.fingerprint
    FROM unnest(numbers, p_ids, p_models, p_priorities, p_ranks, p_max_attempts, p_timeouts, p_expires_at, p_fingerprints)
        AS each (seq, id, model, priority, rank, max_attempts, timeout, expires_at, fingerprint);
    INSERT INTO payloads (seq, prompt, prompt_checksum, request, request_checksum, metadata)
    SELECT * FROM unnest(numbers, p_prompts, p_prompt_checksums, p_requests, p_request_checksums, p_metadata);
    UPDATE texts SET seq = numbers[staged.owner], kind = staged.kind, expires_at = NULL
    FROM unnest(p_texts, p_kinds, p_owners) AS staged (id, kind, owner) WHERE texts.id = staged.id;
END $$;
