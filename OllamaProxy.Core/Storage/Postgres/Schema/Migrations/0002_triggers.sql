CREATE FUNCTION on_prompt_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO changes (seq, was) VALUES (OLD.seq, OLD.status);
        UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = OLD.seq;
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO changes (seq, becomes) VALUES (NEW.seq, NEW.status);
        RETURN NULL;
    END IF;
    INSERT INTO changes (seq, was, becomes) VALUES (NEW.seq, OLD.status, NEW.status);
    IF NEW.status = OLD.status THEN
        RETURN NULL;
    END IF;
    IF OLD.status = 'processing' THEN
        DELETE FROM chunks WHERE seq = OLD.seq;
    END IF;
    IF NEW.status IN ('completed', 'failed', 'cancelled') THEN
        DELETE FROM connections WHERE seq = OLD.seq;
    END IF;
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN
        DELETE FROM responses WHERE seq = OLD.seq;
        DELETE FROM results WHERE seq = OLD.seq;
        UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = OLD.seq AND kind IN ('response', 'result', 'thinking');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER prompt_changed AFTER INSERT OR UPDATE OR DELETE ON prompts FOR EACH ROW EXECUTE FUNCTION on_prompt_changed();

-- How many prompts have a status, in the snapshot of the calling statement.
CREATE FUNCTION count_of(wanted text) RETURNS bigint LANGUAGE sql STABLE SET search_path = ollama_proxy AS $$
    SELECT prompts + coalesce((
        SELECT count(*) FILTER (WHERE becomes = wanted) - count(*) FILTER (WHERE was = wanted)
        FROM changes WHERE changes.xact >= counts.xact AND was IS DISTINCT FROM becomes), 0)
    FROM counts WHERE status = wanted
$$;

-- Adds the changes that all later transactions will see to the sums, unless another instance is doing so. Call it at the end of a
-- transaction, so that its locks are held for a short time only.
CREATE FUNCTION sum_up_counts() RETURNS void LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(7236548712001) THEN
        RETURN;
    END IF;
    UPDATE counts SET prompts = prompts + coalesce((
            SELECT count(*) FILTER (WHERE becomes = status) - count(*) FILTER (WHERE was = status)
            FROM changes WHERE changes.xact >= counts.xact AND changes.xact < pg_snapshot_xmin(pg_current_snapshot())
                AND was IS DISTINCT FROM becomes), 0),
        xact = pg_snapshot_xmin(pg_current_snapshot());
END $$;
