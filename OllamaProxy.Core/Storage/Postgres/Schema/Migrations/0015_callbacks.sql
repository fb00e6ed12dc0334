-- Where clients are told how prompts and batches end; NULL: nowhere. The events are words with spaces between them, such as
-- prompt.completed prompt.failed.
ALTER TABLE prompts ADD COLUMN callback_url text, ADD COLUMN callback_events text;
ALTER TABLE batches ADD COLUMN callback_url text, ADD COLUMN callback_events text;

-- The outbox: events that are sent, or were. Each is added by the transaction that ends its prompt or batch. Times are in milliseconds
-- since 1970.
CREATE TABLE deliveries (
    event text COLLATE "C" PRIMARY KEY, -- evt_ and 32 digits
    seq bigint, -- the prompt's; NULL: it is of a batch
    batch bigint, -- the batch's number; NULL: it is of a prompt
    subject uuid NOT NULL, -- the id of either
    type text NOT NULL,
    url text NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint, -- when it is tried next or, while it is tried, when that is taken to have failed; NULL: never
    attempts integer NOT NULL DEFAULT 0, -- an attempt that is taken to have failed is told by its number
    delivered_at bigint,
    error text
) WITH (autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_by_prompt ON deliveries (seq) WHERE seq IS NOT NULL;
CREATE INDEX deliveries_by_batch ON deliveries (batch) WHERE batch IS NOT NULL;

CREATE FUNCTION on_prompt_called_back() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    at bigint := floor(extract(epoch FROM NEW.completed_at) * 1000);
BEGIN
    INSERT INTO deliveries (event, seq, subject, type, url, created_at, due_at)
    VALUES (
        'evt_' || replace(gen_random_uuid()::text, '-', ''), NEW.seq, NEW.id,
        split_part(NEW.callback_events, '.', 1) || '.' || NEW.status, NEW.callback_url, at, at);
    RETURN NULL;
END $$;
CREATE TRIGGER prompt_called_back AFTER UPDATE OF completed_at ON prompts FOR EACH ROW
WHEN (NEW.callback_url IS NOT NULL AND NEW.completed_at IS NOT NULL AND OLD.completed_at IS NULL
    AND strpos(NEW.callback_events || ' ', '.' || NEW.status || ' ') > 0) EXECUTE FUNCTION on_prompt_called_back();

CREATE FUNCTION on_batch_called_back() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    INSERT INTO deliveries (event, batch, subject, type, url, created_at, due_at)
    VALUES (
        'evt_' || replace(gen_random_uuid()::text, '-', ''), NEW.seq, NEW.id,
        split_part(NEW.callback_events, '.', 1) || '.' || NEW.status, NEW.callback_url, NEW.ended_at, NEW.ended_at);
    RETURN NULL;
END $$;
CREATE TRIGGER batch_called_back AFTER UPDATE OF ended_at ON batches FOR EACH ROW
WHEN (NEW.callback_url IS NOT NULL AND NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL
    AND strpos(NEW.callback_events || ' ', '.' || NEW.status || ' ') > 0) EXECUTE FUNCTION on_batch_called_back();

CREATE FUNCTION on_prompt_deliveries_removed() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    DELETE FROM deliveries WHERE seq = OLD.seq;
    RETURN NULL;
END $$;
CREATE TRIGGER prompt_deliveries_removed AFTER DELETE ON prompts FOR EACH ROW
WHEN (OLD.callback_url IS NOT NULL) EXECUTE FUNCTION on_prompt_deliveries_removed();

CREATE FUNCTION on_batch_deliveries_removed() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    DELETE FROM deliveries WHERE batch = OLD.seq;
    RETURN NULL;
END $$;
CREATE TRIGGER batch_deliveries_removed AFTER DELETE ON batches FOR EACH ROW
WHEN (OLD.callback_url IS NOT NULL) EXECUTE FUNCTION on_batch_deliveries_removed();

-- What has ended stays, for a day at most, until the client has been told of it.
CREATE OR REPLACE FUNCTION purge(p_now bigint, p_before timestamptz, p_limit integer) RETURNS integer LANGUAGE plpgsql
SET search_path = ollama_proxy AS $$
DECLARE
    day_ago bigint := p_now - 86400000;
    removed integer;
BEGIN
    DELETE FROM idempotency_keys WHERE expires_at <= p_now;
    IF isfinite(p_before) THEN
        DELETE FROM batches
        WHERE ended_at < floor(extract(epoch FROM p_before) * 1000)
            AND (callback_url IS NULL OR NOT EXISTS (
                SELECT 1 FROM deliveries WHERE deliveries.batch = batches.seq AND due_at IS NOT NULL AND deliveries.created_at > day_ago));
    END IF;
    -- An array, since the planner may run a subquery several times, and each time it would skip what it has locked and take more.
    DELETE FROM prompts WHERE seq = ANY (ARRAY(
        SELECT seq FROM prompts WHERE completed_at < p_before
            AND (batch IS NULL OR NOT EXISTS (SELECT 1 FROM batch_lines WHERE batch_lines.seq = prompts.seq))
            AND (callback_url IS NULL OR NOT EXISTS (
                SELECT 1 FROM deliveries WHERE deliveries.seq = prompts.seq AND due_at IS NOT NULL AND deliveries.created_at > day_ago))
        ORDER BY completed_at, seq LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
