-- Cancels a prompt. The lease stays: the worker still runs the prompt until it notices, and may then store more text.
CREATE FUNCTION cancel(p_now timestamptz, p_id uuid, p_error bytea) RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    number bigint;
BEGIN
    SELECT seq INTO number FROM prompts WHERE id = p_id AND status IN ('queued', 'processing') FOR NO KEY UPDATE;
    IF number IS NULL THEN
        RETURN false;
    END IF;
    PERFORM keep_chunks(number);
    UPDATE prompts SET status = 'cancelled', error = p_error, completed_at = p_now, updated_at = p_now WHERE seq = number;
    RETURN true;
END $$;

-- Queues a failed or cancelled prompt again. A worker that still runs the cancelled prompt loses its lease; its attempt ends here.
CREATE FUNCTION retry(p_now timestamptz, p_id uuid, p_cancelled bytea) RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    found_prompt prompts%ROWTYPE;
BEGIN
    SELECT * INTO found_prompt FROM prompts WHERE id = p_id AND status IN ('failed', 'cancelled') FOR NO KEY UPDATE;
    IF found_prompt.seq IS NULL THEN
        RETURN false;
    END IF;
    IF found_prompt.status = 'cancelled' THEN
        PERFORM end_attempt(p_now, found_prompt.seq, p_cancelled);
    END IF;
    UPDATE prompts SET status = 'queued', attempts = 0, available_at = 0, expires_at = NULL, error = NULL, eval_count = NULL,
        started_at = NULL, completed_at = NULL, updated_at = p_now
    WHERE seq = found_prompt.seq;
    RETURN true;
END $$;

CREATE FUNCTION prioritise(p_now timestamptz, p_id uuid, p_priority integer, p_step bigint)
RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    UPDATE prompts SET rank = rank + (priority - p_priority) * p_step, priority = p_priority, updated_at = p_now
    WHERE id = p_id AND status = 'queued';
    RETURN FOUND;
END $$;

CREATE FUNCTION remove(p_id uuid) RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    DELETE FROM prompts WHERE id = p_id;
    RETURN FOUND;
END $$;

-- Queues a prompt again, with a new client lease, that was cancelled because its client lease had run out. Not one that another worker
-- than that of the connection had begun: that worker has stopped it since. The attempt that was cut off does not count, since its worker
-- is still there.
CREATE FUNCTION reconnect(p_now timestamptz, p_id uuid, p_worker uuid, p_expires_at bigint, p_gone bytea)
RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    number bigint;
BEGIN
    SELECT seq INTO number FROM prompts WHERE id = p_id AND status = 'cancelled' FOR NO KEY UPDATE;
    IF number IS NULL THEN
        RETURN false;
    END IF;
    PERFORM end_attempt(p_now, number, p_gone);
    UPDATE prompts SET status = 'queued', attempts = attempts - (started_at IS NOT NULL)::integer,
        error = NULL, eval_count = NULL, started_at = NULL, completed_at = NULL, updated_at = p_now
    WHERE seq = number AND error = p_gone AND (p_worker IS NOT NULL OR started_at IS NULL);
    IF FOUND THEN
        INSERT INTO connections (seq, worker, expires_at) VALUES (number, p_worker, p_expires_at);
    END IF;
    RETURN FOUND;
END $$;

CREATE FUNCTION renew_connections(p_ids uuid[], p_expires_at bigint, p_expired_by bigint)
RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    UPDATE connections SET expires_at = p_expires_at
    WHERE seq IN (SELECT seq FROM prompts WHERE id = ANY (p_ids)) AND expires_at <= p_expired_by
$$;

-- Ends, at p_by, the leases of workers and clients whose end is later but valid by none of these clocks.
CREATE FUNCTION settle_clocks(p_by bigint, p_latest bigint, p_length bigint, p_clocks bigint[])
RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    UPDATE connections SET expires_at = p_by WHERE expires_at <= p_latest
        AND NOT EXISTS (SELECT 1 FROM unnest(p_clocks) AS clock WHERE expires_at > clock AND expires_at <= clock + p_length);
    UPDATE leases SET expires_at = p_by WHERE expires_at <= p_latest
        AND NOT EXISTS (SELECT 1 FROM unnest(p_clocks) AS clock WHERE expires_at > clock AND expires_at <= clock + p_length)
$$;

-- Queues prompts again whose lease has run out, and fails those that have expired. One instance does so at a time, and skips rows that
-- others have locked. Returns whether any prompt is queued.
CREATE FUNCTION sweep(p_now timestamptz, p_by bigint, p_max_attempts integer, p_lost bytea, p_gone bytea, p_expired bytea, p_last bytea)
RETURNS boolean LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    swept prompts%ROWTYPE;
BEGIN
    IF pg_try_advisory_xact_lock(7236548712002) THEN
        FOR swept IN
            SELECT prompts.* FROM connections JOIN prompts USING (seq)
            WHERE connections.expires_at <= p_by AND status IN ('queued', 'processing') FOR NO KEY UPDATE OF prompts SKIP LOCKED
        LOOP
            PERFORM keep_chunks(swept.seq);
            UPDATE prompts SET status = 'cancelled', error = p_gone, completed_at = p_now, updated_at = p_now WHERE seq = swept.seq;
        END LOOP;
        DELETE FROM leases WHERE seq IN (
            SELECT seq FROM leases WHERE expires_at <= p_by AND NOT EXISTS (SELECT 1 FROM prompts WHERE prompts.seq = leases.seq));
        FOR swept IN
            SELECT prompts.* FROM prompts LEFT JOIN leases USING (seq)
            WHERE prompts.seq IN (
                SELECT seq FROM leases WHERE leases.expires_at <= p_by UNION SELECT seq FROM prompts WHERE status = 'processing')
            AND (leases.seq IS NULL OR leases.expires_at <= p_by) FOR NO KEY UPDATE OF prompts SKIP LOCKED
        LOOP
            -- Checked again, now that the row is locked.
            DELETE FROM leases WHERE seq = swept.seq AND leases.expires_at <= p_by;
            IF EXISTS (SELECT 1 FROM leases WHERE seq = swept.seq) THEN
                CONTINUE;
            END IF;
            PERFORM end_attempt(p_now, swept.seq, p_lost);
            SELECT * INTO swept FROM prompts WHERE seq = swept.seq;
            IF swept.status <> 'processing' THEN
                CONTINUE;
            END IF;
            IF swept.attempts < coalesce(swept.max_attempts, p_max_attempts) THEN
                UPDATE prompts SET status = 'queued', started_at = NULL, completed_at = NULL, error = p_lost, updated_at = p_now
                WHERE seq = swept.seq;
            ELSE
                PERFORM keep_chunks(swept.seq);
                UPDATE prompts SET status = 'failed', completed_at = p_now, error = p_lost, updated_at = p_now WHERE seq = swept.seq;
            END IF;
        END LOOP;
        UPDATE prompts SET status = 'failed', completed_at = p_now, updated_at = p_now,
            error = p_expired || coalesce(p_last || error, '')
        WHERE seq IN (SELECT seq FROM prompts WHERE status = 'queued' AND expires_at <= floor(extract(epoch FROM p_now) * 1000)
            FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    RETURN count_of('queued') > 0;
END $$;

-- Deletes prompts that ended long ago and idempotency keys that have expired, and returns how many prompts were deleted.
CREATE FUNCTION purge(p_now bigint, p_before timestamptz, p_limit integer) RETURNS integer LANGUAGE plpgsql 
SET search_path = ollama_proxy AS $$
DECLARE
    removed integer;
BEGIN
    DELETE FROM idempotency_keys WHERE expires_at <= p_now;
    DELETE FROM prompts WHERE seq IN (
        SELECT seq FROM prompts WHERE completed_at < p_before ORDER BY completed_at, seq LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;

-- Deletes some of the staged texts that have expired and some of the changes that all instances have read. Returns whether there may be
-- more.
CREATE FUNCTION shrink(p_now bigint, p_parts integer, p_changes integer) RETURNS boolean LANGUAGE plpgsql 
SET search_path = ollama_proxy AS $$
DECLARE
    nobodys bigint := (SELECT id FROM texts WHERE expires_at <= p_now LIMIT 1);
    removed integer;
BEGIN
    DELETE FROM changes WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM changes
        WHERE xact < (SELECT min(xact) FROM counts) AND at < now() - interval '10 minutes' ORDER BY xact LIMIT p_changes));
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF nobodys IS NOT NULL THEN
        DELETE FROM parts WHERE text = nobodys AND number IN (SELECT number FROM parts WHERE text = nobodys ORDER BY number LIMIT p_parts);
        IF NOT EXISTS (SELECT 1 FROM parts WHERE text = nobodys) THEN
            DELETE FROM texts WHERE id = nobodys;
        END IF;
    END IF;
    RETURN nobodys IS NOT NULL OR removed = p_changes;
END $$;

-- A text as type text for searches, with U+0001 in place of the character 0, which text cannot hold.
CREATE FUNCTION readable(utf8 bytea) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = ollama_proxy AS $$
    SELECT convert_from(
        CASE WHEN position('\x00'::bytea IN utf8) = 0 THEN utf8 ELSE decode(replace(encode(utf8, 'escape'), '\000', '\001'), 'escape') END,
        'UTF8')
$$;
